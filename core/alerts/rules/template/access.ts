import type { Parameter } from './function.ts';
import { printed } from './print.ts';
import { FillTrouble } from './trouble.ts';
import { ArgumentMap, LabelMap, Root, Sample, typeOf, type Value } from './values.ts';

const WANTED: Readonly<Record<Parameter, string>> = {
  any: 'interface {}',
  string: 'string',
  vector: 'template.queryResult',
  sample: '*template.sample',
};

/** An argument, if its type is the parameter's. @throws FillTrouble */
export function checked(value: Value, parameter: Parameter): Value {
  if (parameter === 'any') return value;
  if (value === null || value === undefined) {
    if (parameter === 'string') throw new FillTrouble('invalid value; expected string');
    return null;
  }
  const fits =
    parameter === 'string'
      ? typeof value === 'string'
      : parameter === 'vector'
        ? Array.isArray(value)
        : value instanceof Sample;
  if (!fits) throw new FillTrouble(`wrong type for value; expected ${WANTED[parameter]}; got ${typeOf(value)}`);
  return value;
}

/** What stands under a name in a value. @throws FillTrouble */
export function fieldOf(value: Value, name: string): Value {
  // What is not there has nothing in it, and that is no error.
  if (value === undefined) return undefined;
  if (value === null) throw new FillTrouble(`nil pointer evaluating interface {}.${name}`);
  if (value instanceof LabelMap) return value.entries.get(name) ?? '';
  if (value instanceof ArgumentMap) return value.entries.get(name);
  if (value instanceof Sample && name === 'Labels') return value.labels;
  if (value instanceof Sample && name === 'Value') return value.value;
  if (value instanceof Root && value.fields.has(name)) return value.fields.get(name);
  throw new FillTrouble(`can't evaluate field ${name} in type ${typeOf(value)}`);
}

/** What a range goes over: keys and values. @throws FillTrouble */
export function* entriesOf(over: Value, two: boolean): Generator<[Value, Value]> {
  if (over === null || over === undefined) return;
  if (Array.isArray(over)) for (const [i, sample] of over.entries()) yield [BigInt(i), sample];
  else if (over instanceof LabelMap || over instanceof ArgumentMap) {
    for (const name of [...over.entries.keys()].sort()) yield [name, over.entries.get(name)];
  } else if (typeof over === 'bigint') {
    if (two) throw new FillTrouble(`can't use ${over} to iterate over more than one variable`);
    for (let i = 0n; i < over; i++) yield [undefined, i];
  } else {
    throw new FillTrouble(`range can't iterate over ${printed(over)}`);
  }
}
