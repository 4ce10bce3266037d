import { compare, equal } from './compare.ts';
import { htmlEscaped, queryEscaped, scriptEscaped } from './escapes.ts';
import { define, type TemplateFunction } from './function.ts';
import { printed } from './print.ts';
import { sprintf } from './printf.ts';
import { FillTrouble } from './trouble.ts';
import { ArgumentMap, isTrue, LabelMap, typeOf, type Value } from './values.ts';

const joined = (args: readonly Value[]) => {
  // As fmt.Sprint: a space between two of which neither is a text.
  let text = '';
  for (const [i, value] of args.entries()) {
    if (i > 0 && typeof value !== 'string' && typeof args[i - 1] !== 'string') text += ' ';
    text += printed(value);
  }
  return text;
};

const escaping = (escaped: (text: string) => string) => define(['any'], (args) => escaped(joined(args)), true);
const ordered = (test: (left: Value, right: Value) => boolean) =>
  define(['any', 'any'], ([left, right]) => test(left, right));

/** The functions that Go's text/template has of its own; `and` and `or` are evaluated where they are called, as far as they need to be. */
export const BUILTINS: Readonly<Record<string, TemplateFunction>> = {
  and: define(['any', 'any'], ([, last]) => last, true),
  or: define(['any', 'any'], ([, last]) => last, true),
  not: define(['any'], ([value]) => !isTrue(value)),
  eq: define(['any', 'any'], ([first, ...others]) => equal(first, others), true),
  ne: ordered((left, right) => !equal(left, [right])),
  lt: ordered((left, right) => compare(left, right) === -1),
  le: ordered((left, right) => compare(left, right) === -1 || equal(left, [right])),
  gt: ordered((left, right) => compare(left, right) !== -1 && !equal(left, [right])),
  ge: ordered((left, right) => compare(left, right) !== -1),
  len: define(['any'], ([value]) => lengthOf(value)),
  index: define(['any', 'any'], ([item, ...keys]) => indexed(item, keys), true),
  slice: define(['any', 'any'], ([item, ...bounds]) => sliced(item, bounds), true),
  print: define(['any'], joined, true),
  printf: define(['string', 'any'], ([format, ...args]) => sprintf(format as string, args), true),
  println: define(['any'], (args) => `${args.map(printed).join(' ')}\n`, true),
  html: escaping(htmlEscaped),
  js: escaping(scriptEscaped),
  urlquery: escaping(queryEscaped),
  call: define(
    ['any', 'any'],
    () => {
      throw new FillTrouble('call of what is no function');
    },
    true,
  ),
};

function lengthOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof LabelMap || value instanceof ArgumentMap) return BigInt(value.entries.size);
  if (value === null || value === undefined) throw new FillTrouble('len of nil pointer');
  throw new FillTrouble(`len of type ${typeOf(value)}`);
}

function indexed(item: Value, keys: readonly Value[]): Value {
  if (item === null || item === undefined) throw new FillTrouble('index of untyped nil');
  let at: Value = item;
  for (const key of keys) {
    if (at instanceof LabelMap || at instanceof ArgumentMap) {
      if (typeof key !== 'string') throw new FillTrouble(`value has type ${typeOf(key)}; should be string`);
      at = at.entries.get(key) ?? (at instanceof LabelMap ? '' : undefined);
    } else if (Array.isArray(at)) at = at[place(key, at.length - 1)];
    else if (typeof at === 'string') {
      const bytes = Buffer.from(at);
      at = BigInt(bytes[place(key, bytes.length - 1)]!);
    } else throw new FillTrouble(`can't index item of type ${typeOf(at)}`);
  }
  return at;
}

function sliced(item: Value, bounds: readonly Value[]): Value {
  if (item === null || item === undefined) throw new FillTrouble('slice of untyped nil');
  if (bounds.length > 3) throw new FillTrouble(`too many slice indexes: ${bounds.length}`);
  if (typeof item !== 'string' && !Array.isArray(item))
    throw new FillTrouble(`can't slice item of type ${typeOf(item)}`);
  if (typeof item === 'string' && bounds.length === 3) throw new FillTrouble('cannot 3-index slice a string');
  const whole = typeof item === 'string' ? Buffer.from(item) : item;
  const [from = 0, to = whole.length] = bounds.map((bound) => place(bound, whole.length));
  if (from > to) throw new FillTrouble(`invalid slice index: ${from} > ${to}`);
  return typeof item === 'string' ? (whole as Buffer).subarray(from, to).toString() : item.slice(from, to);
}

function place(key: Value, most: number): number {
  if (key === null || key === undefined) throw new FillTrouble('cannot index slice/array with nil');
  if (typeof key !== 'bigint') throw new FillTrouble(`cannot index slice/array with type ${typeOf(key)}`);
  if (key < 0n || key > BigInt(most)) throw new FillTrouble(`index out of range: ${key}`);
  return Number(key);
}
