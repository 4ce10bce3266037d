import { formatFloat } from './floats.ts';
import { printed } from './print.ts';
import { FillTrouble } from './trouble.ts';
import { typeOf, type Value } from './values.ts';

/** Wider than this nobody writes. */
const MOST_WIDTH = 10_000;
const VERB = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(.)?/gsu;

interface Style {
  readonly flags: string;
  readonly width: number;
  /** -1: none. */
  readonly precision: number;
}

/** As Go's fmt.Sprintf, for the values that templates have. What does not fit stands in the text, as in Go: %!d(string=a). */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0;
  const number = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const value = text === '*' ? Number(args[next++]) : Number(text);
    if (value > MOST_WIDTH) throw new FillTrouble(`a width of ${value} is more than ${MOST_WIDTH}`);
    return value;
  };
  const text = format.replace(VERB, (whole, flags: string, wide?: string, exact?: string, verb?: string) => {
    if (verb === undefined) return '%!(NOVERB)';
    const width = number(wide) ?? 0;
    const dotted = whole.includes('.');
    const precision = dotted ? (number(exact) ?? 0) : -1;
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    return one(args[next++], verb, { flags, width, precision });
  });
  if (next >= args.length) return text;
  const extra = args.slice(next).map((value) => `${goType(value)}=${printed(value)}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function one(value: Value, verb: string, style: Style): string {
  if (verb === 'T') return padded(goType(value), style);
  const body = typeof value === 'number' ? ofFloat(value, verb, style) : ofOther(value, verb, style);
  return body ?? `%!${verb}(${goType(value)}=${printed(value)})`;
}

function ofFloat(value: number, verb: string, style: Style): string | undefined {
  const lower = verb.toLowerCase();
  const kind = lower === 'v' ? 'g' : lower;
  if (kind !== 'e' && kind !== 'f' && kind !== 'g') return undefined;
  const precision = style.precision < 0 && kind !== 'g' ? 6 : style.precision;
  const text = formatFloat(value, kind, precision);
  return numeric(verb === 'E' || verb === 'G' ? text.toUpperCase() : text, style, Number.isFinite(value));
}

function ofOther(value: Value, verb: string, style: Style): string | undefined {
  const cut = (text: string) => (style.precision < 0 ? text : [...text].slice(0, style.precision).join(''));
  if (verb === 'v') return typeof value === 'bigint' ? numeric(String(value), style) : padded(printed(value), style);
  if (typeof value === 'bigint') return ofInteger(value, verb, style);
  if (typeof value === 'boolean') return verb === 't' ? padded(String(value), style) : undefined;
  const stringy = typeof value === 'string' || (typeof value === 'object' && value !== null);
  if (!stringy) return undefined;
  const text = printed(value);
  if (verb === 's') return padded(cut(text), style);
  if (typeof value !== 'string') return undefined;
  if (verb === 'q') return padded(quoted(cut(text)), style);
  if (verb !== 'x' && verb !== 'X') return undefined;
  const hex = Buffer.from(text).toString('hex');
  return padded(verb === 'X' ? hex.toUpperCase() : hex, style);
}

function ofInteger(value: bigint, verb: string, style: Style): string | undefined {
  const radix = { d: 10, x: 16, X: 16, o: 8, b: 2 }[verb];
  if (radix !== undefined) {
    const text = value.toString(radix);
    return numeric(verb === 'X' ? text.toUpperCase() : text, style);
  }
  if (verb === 'c') return padded(String.fromCodePoint(Number(value)), style);
  if (verb === 'q') return padded(`'${String.fromCodePoint(Number(value))}'`, style);
  return undefined;
}

function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' };
  const body = text.replace(/[\0-\x1f"\\\x7f]/g, (char) => {
    return escapes[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${body}"`;
}

function numeric(text: string, style: Style, digits = true): string {
  const { flags, width } = style;
  const unsigned = text.replace(/^[+-]/, '');
  const sign = text.startsWith('-')
    ? '-'
    : flags.includes('+') || text.startsWith('+')
      ? '+'
      : flags.includes(' ')
        ? ' '
        : '';
  if (flags.includes('0') && !flags.includes('-') && digits) return sign + unsigned.padStart(width - sign.length, '0');
  return padded(sign + unsigned, style);
}

function padded(text: string, { flags, width }: Style): string {
  const missing = Math.max(0, width - [...text].length);
  return flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}

function goType(value: Value): string {
  return value === null || value === undefined ? '<nil>' : typeOf(value);
}
