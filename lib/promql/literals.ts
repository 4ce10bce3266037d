import { queryError } from './query-error.ts';

const UNITS: Readonly<Record<string, number>> = {
  y: 31_536_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
/** The larger unit first, each at most once. */
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;
/** Go counts durations in ns, in 64 bits: about 292 years. */
const LONGEST_MS = 9_223_372_036_854;

/** Seconds of a duration such as 1h30m. */
export function parseDuration(literal: string, query: string, at: number): number {
  if (!DURATION.test(literal)) {
    throw queryError('HG_QUERY_SYNTAX', query, at, `not a valid duration string: ${JSON.stringify(literal)}`);
  }
  let ms = 0;
  for (const [, count, unit] of literal.matchAll(/(\d+)(ms|[ywdhms])/g)) ms += Number(count) * UNITS[unit!]!;
  if (ms > LONGEST_MS) throw queryError('HG_QUERY_SYNTAX', query, at, 'duration out of range');
  return Math.floor(ms / 1000) + (ms % 1000) / 1000;
}

const INTEGER = /^(?:0[xX](?:_?[0-9a-fA-F])+|0(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/;
const DECIMAL = /^(?:[0-9](?:_?[0-9])*)?(?:\.(?:[0-9](?:_?[0-9])*)?)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const LARGEST_INTEGER = 2n ** 63n - 1n;

/** A number literal, as Go reads it: decimal, hexadecimal, octal (leading 0), Inf, NaN. It has no sign. */
export function parseNumber(literal: string, query: string, at: number): number {
  const wrong = (detail: string) => queryError('HG_QUERY_SYNTAX', query, at, `error parsing number: ${detail}`);
  const lower = literal.toLowerCase();
  if (lower === 'inf') return Number.POSITIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  const plain = literal.replaceAll('_', '');
  if (INTEGER.test(literal)) {
    const octal = /^0[0-7]+$/.test(plain);
    const integer = BigInt(octal ? `0o${plain.slice(1)}` : plain);
    if (integer <= LARGEST_INTEGER) return Number(integer);
    if (/^0x/i.test(plain)) throw wrong(`${JSON.stringify(literal)} is out of range`);
  }
  const value = Number(plain);
  if (!DECIMAL.test(literal) || !/\d/.test(literal) || Number.isNaN(value)) {
    throw wrong(`${JSON.stringify(literal)} is no number`);
  }
  if (value === Number.POSITIVE_INFINITY) throw wrong(`${JSON.stringify(literal)} is out of range`);
  return value;
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** A string literal's text: '...' and "..." with Go's escapes, `...` as it stands. */
export function parseString(literal: string, query: string, at: number): string {
  const quote = literal[0]!;
  const body = literal.slice(1, -1);
  if (literal.length < 2 || literal.at(-1) !== quote) {
    throw queryError('HG_QUERY_SYNTAX', query, at, 'unterminated quoted string');
  }
  if (quote === '`' || !body.includes('\\')) return body;
  let text = '';
  let bytes: number[] = [];
  const flush = () => {
    // Escaped bytes above 0x7f are pieces of UTF-8.
    if (bytes.length > 0) text += new TextDecoder().decode(Uint8Array.from(bytes));
    bytes = [];
  };
  const pattern = /\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\])/gsy;
  while (pattern.lastIndex < body.length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(body);
    const [, simple, hex, octal, short, long, plain] = match ?? [];
    const wrong = (detail: string) => queryError('HG_QUERY_SYNTAX', query, at + 1 + from, detail);
    if (match === null || ((simple === '"' || simple === "'") && simple !== quote)) {
      throw wrong(`unknown escape sequence ${JSON.stringify(body.slice(from, from + 2))}`);
    }
    const byte = hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : -1;
    if (byte > 255) throw wrong('octal escape value is above 255');
    if (byte >= 0) {
      bytes.push(byte);
      continue;
    }
    flush();
    const code = short ?? long;
    if (code !== undefined) {
      const point = Number.parseInt(code, 16);
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        throw wrong('escape sequence is an invalid Unicode code point');
      }
      text += String.fromCodePoint(point);
    } else text += plain ?? SIMPLE[simple!] ?? simple;
  }
  flush();
  return text;
}
