import { candidatesOf, eachStretch } from './candidates.ts';
import { isDigit, isLetter, isWord, tableOf } from './characters.ts';
import { behindEscape, isFreeBefore } from './escapes.ts';
import { isIssued } from './issuers.ts';
import type { Mask } from './mask.ts';

/**
 * Card numbers: 13 to 19 digits, together or in groups with single spaces, dashes or what else joins them (`separatorAt`), with first digits and a length
 * that a scheme issues, and a right check digit. Every digit becomes `*`: nothing of it can be had back, and it is the same each time.
 *
 * Not touched: digits that a letter, a digit or an underscore adjoins (UUIDs, hexadecimal, identifiers), fractions and numbers with
 * a fraction, longer runs, times (no scheme issues 1..., and 20xx is years), values of the keys that hold decimal identifiers.
 */
const SHORTEST = 13;
const LONGEST = 19;
const STAR = 42;
const SPACE = 32;
const DASH = 45;
const DOT = 46;
const PLUS = 43;
const PERCENT = 37;
const MOST_GROUPS = 64;

const PREFILTER = {
  // Of `%20` and of separators that are no ASCII (SEPARATORS): all their bytes.
  parts: tableOf(
    (byte) => isDigit(byte) || ' -.+%\u00c2\u00a0\u00e2\u0080\u00af\u0091\u0093'.includes(String.fromCharCode(byte)),
  ),
  least: SHORTEST,
};

/** Keys whose values are decimal identifiers of up to 20 digits, one in ten of them with a right check digit. In lower case. */
const IDENTIFIER_KEYS: readonly string[] = [
  'trace_id',
  'traceid',
  'trace.id',
  'span_id',
  'spanid',
  'span.id',
  'parent_id',
  'parentid',
  'request_id',
  'requestid',
  'correlation_id',
  'correlationid',
  'snowflake',
  'message_id',
  'messageid',
];

export function cardMask(identifierKeys: readonly string[] = IDENTIFIER_KEYS): Mask {
  const keys = identifierKeys.map((key) => [...key].map((c) => c.charCodeAt(0)));
  const starts = new Int32Array(MOST_GROUPS);
  const ends = new Int32Array(MOST_GROUPS);
  /** For each group, the end of the longest number that begins with it, or 0. */
  const covers = new Int32Array(MOST_GROUPS);

  /** bytes[from, to) is a chain: digits and single separators, digits at both ends. */
  function coverChain(bytes: Uint8Array, low: number, high: number, from: number, to: number): number {
    let groups = 0;
    for (let at = from; at < to && groups < MOST_GROUPS; groups++) {
      starts[groups] = at;
      while (at < to && isDigit(bytes[at]!)) at++;
      ends[groups] = at;
      at += Math.max(1, separatorAt(bytes, at, to));
    }
    // All numbers are found before the first is covered: one that only looks like a card must not hide half of one that is.
    let covered = 0;
    for (let first = 0; first < groups; first++) {
      covers[first] = 0;
      let digits = 0;
      for (let last = first; last < groups; last++) {
        if (last > first + 1 && bytes[ends[last - 1]!] !== bytes[ends[first]!]) break;
        digits += ends[last]! - starts[last]!;
        if (digits > LONGEST) break;
        if (digits < SHORTEST) continue;
        const whole = first === 0 && last === groups - 1;
        if (first !== last && !isGrouping(first, last, whole, bytes[ends[first]!]!)) continue;
        const start = starts[first]!;
        const end = ends[last]!;
        if (!isIssuedNumber(bytes, first, last, digits) || !isFree(bytes, low, high, start, end, first !== last))
          continue;
        if (!isIdentifier(bytes, low, start)) covers[first] = end;
      }
      if (covers[first] !== 0) covered++;
    }
    if (covered === 0) return 0;
    for (let first = 0; first < groups; first++) {
      for (let group = first; group < groups && starts[group]! < covers[first]!; group++) {
        bytes.fill(STAR, starts[group]!, ends[group]!);
      }
    }
    return covered;
  }

  /** First digits, length and check digit (ISO/IEC 7812-1, Luhn) of the digits of these groups. */
  function isIssuedNumber(bytes: Uint8Array, first: number, last: number, digits: number): boolean {
    let prefix = 0;
    let sum = 0;
    let seen = 0;
    for (let group = first; group <= last; group++) {
      for (let i = starts[group]!; i < ends[group]!; i++) {
        const digit = bytes[i]! - 48;
        if (seen < 4) {
          prefix = prefix * 10 + digit;
          if (seen === 3 && !isIssued(prefix, digits)) return false;
        }
        if (((digits - seen) & 1) === 0) sum += digit >= 5 ? digit * 2 - 9 : digit * 2;
        else sum += digit;
        seen++;
      }
    }
    return sum % 10 === 0;
  }

  /** Groups as cards are written. Any other grouping counts only where nothing else is in the chain, and not for tables of small numbers. */
  function isGrouping(first: number, last: number, whole: boolean, separator: number): boolean {
    const size = (i: number): number => ends[first + i]! - starts[first + i]!;
    const count = last - first + 1;
    let fours = true;
    for (let i = 0; i < count - 1; i++) if (size(i) !== 4) fours = false;
    if (fours && count >= 3 && size(count - 1) <= 5) return true;
    if (count === 3 && size(0) === 4 && ((size(1) === 6 && size(2) <= 5) || (size(1) === 5 && size(2) === 6)))
      return true;
    if (count === 4 && size(0) === 4 && size(1) === 3 && size(2) === 3 && size(3) === 3) return true;
    if (!whole || (separator !== SPACE && separator !== DASH)) return false;
    if (separator === DASH) return true;
    let ones = true;
    let large = true;
    for (let i = 0; i < count; i++) {
      if (size(i) !== 1) ones = false;
      if (size(i) < 3 && i < count - 1) large = false;
    }
    return ones || large;
  }

  /** Is the value one of a key like `trace_id=` or `"trace_id":"`? Looked at only for what is a card in all other respects. */
  function isIdentifier(bytes: Uint8Array, low: number, start: number): boolean {
    let at = start - 1;
    while (at >= low && (bytes[at] === 34 || bytes[at] === 39 || bytes[at] === SPACE)) at--;
    if (at < low || (bytes[at] !== 61 && bytes[at] !== 58)) return false;
    at--;
    while (at >= low && (bytes[at] === 34 || bytes[at] === 39 || bytes[at] === SPACE)) at--;
    const end = at + 1;
    for (const key of keys) {
      let i = 0;
      while (i < key.length && end - key.length + i >= low) {
        const byte = bytes[end - key.length + i]!;
        if ((isLetter(byte) ? byte | 32 : byte) !== key[i]) break;
        i++;
      }
      const before = end - key.length - 1;
      const isWhole = before < low || !isLetter(bytes[before]!) || isFreeBefore(bytes, low, before + 1);
      if (i === key.length && isWhole) return true;
    }
    return false;
  }

  return {
    name: 'card',
    shortest: SHORTEST,
    prefilter: PREFILTER,
    cover(bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) {
      return eachStretch(PREFILTER, candidates, bytes, from, to, (start, end) =>
        coverStretch(bytes, from, to, start, end, coverChain),
      );
    },
  };
}

type CoverChain = (bytes: Uint8Array, low: number, high: number, from: number, to: number) => number;

/** Bytes of what joins two groups of digits at a place; 0: nothing that does. */
function separatorAt(bytes: Uint8Array, at: number, to: number): number {
  switch (bytes[at]) {
    case SPACE:
    case DASH:
    case DOT:
    // A space in a form's URL.
    case PLUS:
      return 1;
    case PERCENT:
      return at + 2 < to && bytes[at + 1] === 50 && bytes[at + 2] === 48 ? 3 : 0;
    // No-break space.
    case 0xc2:
      return at + 1 < to && bytes[at + 1] === 0xa0 ? 2 : 0;
    // The narrow one, the no-break hyphen and the en dash.
    case 0xe2: {
      const last = bytes[at + 2];
      const isOne = last === 0xaf || last === 0x91 || last === 0x93;
      return at + 2 < to && bytes[at + 1] === 0x80 && isOne ? 3 : 0;
    }
    default:
      return 0;
  }
}

/** Cuts a stretch of digits and what joins them into chains, at every place with two separators in a row. */
function coverStretch(
  bytes: Uint8Array,
  low: number,
  high: number,
  from: number,
  to: number,
  cover: CoverChain,
): number {
  let covered = 0;
  let at = from;
  while (at < to) {
    while (at < to && !isDigit(bytes[at]!)) at++;
    let start = at;
    let digits = 0;
    while (at < to) {
      if (isDigit(bytes[at]!)) {
        digits++;
        at++;
        continue;
      }
      const separator = separatorAt(bytes, at, to);
      if (separator === 0 || at + separator >= to || !isDigit(bytes[at + separator]!)) break;
      at += separator;
    }
    // `%20` before a number is an encoded space, not its first two digits.
    for (const behind = Math.min(at, behindEscape(bytes, low, start)); start < behind; start++) {
      if (isDigit(bytes[start]!)) digits--;
    }
    while (start < at && !isDigit(bytes[start]!)) start++;
    if (digits >= SHORTEST) covered += cover(bytes, low, high, start, at);
  }
  return covered;
}

/** Nothing adjoins that makes it a part of something else. `grouped`: a dash with a letter behind it is then a part of it too. */
function isFree(bytes: Uint8Array, low: number, high: number, start: number, end: number, grouped: boolean): boolean {
  if (start > low) {
    const before = bytes[start - 1]!;
    const second = start - 1 > low ? bytes[start - 2]! : 0;
    if (!isFreeBefore(bytes, low, start)) return false;
    // A fraction; but not behind a full stop of a word, or three of them.
    if (before === DOT && !isLetter(second) && second !== DOT) return false;
    if (grouped && before === DASH && isLetter(second)) return false;
  }
  if (end < high) {
    const after = bytes[end]!;
    const second = end + 1 < high ? bytes[end + 1]! : 0;
    if (isWord(after)) return false;
    if (after === DOT && isDigit(second)) return false;
    if (grouped && after === DASH && isLetter(second)) return false;
  }
  return true;
}
