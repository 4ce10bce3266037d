import { queryError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const DURATION = /^(?:\d+(?:ms|[ywdhms]))+$/;

/** ms of a text such as 1h30m, or undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) total += Number(count) * UNITS[unit!]!;
  return total;
}

/** A number literal: decimal, hexadecimal, octal (leading 0, as Go reads it), Inf, NaN, or a duration in seconds. */
export function parseNumber(literal: string, query: string, at: number): number {
  const signed = /^([+-]?)\s*(.*)$/s.exec(literal)!;
  const sign = signed[1] === '-' ? -1 : 1;
  const text = signed[2]!.toLowerCase();
  if (text === 'inf') return sign * Number.POSITIVE_INFINITY;
  if (text === 'nan') return Number.NaN;
  const duration = durationMs(text);
  if (duration !== undefined) return (sign * duration) / 1000;
  const plain = text.replaceAll('_', '');
  const value = /^0[0-7]+$/.test(plain) ? Number.parseInt(plain, 8) : Number(plain);
  if (plain === '' || Number.isNaN(value))
    throw queryError('HG_QUERY_SYNTAX', query, at, `bad number or duration syntax: "${literal}"`);
  if (value === Number.POSITIVE_INFINITY) {
    throw queryError('HG_QUERY_SYNTAX', query, at, `error parsing number: "${literal}" is out of range`);
  }
  return sign * value;
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
