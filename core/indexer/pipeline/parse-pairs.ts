import { addField, type Parsed, type ParseLimits } from './parsed.ts';

export interface Separators {
  readonly pairs: string;
  readonly value: string;
}

/**
 * `level=info msg="it went well" took=12ms ok`: pairs with blanks between them, values in quotes where they have blanks, `\"` and `\n` in them. A word
 * alone is a field that is `true`, as logfmt has it; a text without any pair is not logfmt.
 */
export function parseLogfmt(text: string, limits: ParseLimits): Parsed {
  const fields = new Map<string, string>();
  let pairs = 0;
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) <= 32) {
      at++;
      continue;
    }
    const start = at;
    while (at < text.length && text.charCodeAt(at) > 32 && text.charCodeAt(at) !== 61) at++;
    const name = text.slice(start, at);
    let value = 'true';
    if (text.charCodeAt(at) === 61) {
      const read = readValue(text, at + 1, endOfWord);
      value = read.value;
      at = read.end;
      if (name !== '') pairs++;
    }
    if (name !== '') addField(fields, name, value);
    if (fields.size > limits.fields) return 'too_many_fields';
  }
  return pairs > 0 ? fields : 'no_pairs';
}

/** Pairs with separators of one's own: `a: 1, b: "two, or more"`. Names and values lose the blanks around them; what has no separator in it is left out. */
export function parsePairs(text: string, { pairs, value: between }: Separators, limits: ParseLimits): Parsed {
  const fields = new Map<string, string>();
  const blank = pairs.trim() === '';
  let at = 0;
  while (at < text.length) {
    const found = text.indexOf(between, at);
    if (found < 0) break;
    // Words before the pair that belong to none.
    const before = blank ? text.slice(at, found).trimEnd() : text.slice(at, found);
    const cut = before.lastIndexOf(blank ? ' ' : pairs);
    const name = before.slice(cut < 0 ? 0 : cut + (blank ? 1 : pairs.length)).trim();
    let start = found + between.length;
    while (text.charCodeAt(start) === 32 && (!blank || between.trim() !== '')) start++;
    const read = readValue(text, start, (from) => {
      const end = text.indexOf(blank ? ' ' : pairs, from);
      return end < 0 ? text.length : end;
    });
    if (name !== '') addField(fields, name, read.quoted ? read.value : read.value.trim());
    if (fields.size > limits.fields) return 'too_many_fields';
    at = read.end;
    if (!blank && text.startsWith(pairs, at)) at += pairs.length;
  }
  return fields.size > 0 ? fields : 'no_pairs';
}

function endOfWord(from: number, text: string): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) > 32) at++;
  return at;
}

/** A value at `from`, in quotes or up to where `endOf` says. A quote that is not closed is a character like any other. */
function readValue(
  text: string,
  from: number,
  endOf: (from: number, text: string) => number,
): { value: string; end: number; quoted: boolean } {
  if (text.charCodeAt(from) === 34) {
    const close = closingQuote(text, from + 1);
    if (close >= 0) {
      const raw = text.slice(from + 1, close);
      return { value: raw.includes('\\') ? unescaped(raw) : raw, end: close + 1, quoted: true };
    }
  }
  const end = endOf(from, text);
  return { value: text.slice(from, end), end, quoted: false };
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', '/': '/' };

/** Escapes that are not known stay as they are. */
function unescaped(raw: string): string {
  return raw.replaceAll(
    /\\(?:u([0-9A-Fa-f]{4})|(.))/gs,
    (whole, code: string | undefined, letter: string | undefined) =>
      code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : (ESCAPES[letter!] ?? whole),
  );
}
