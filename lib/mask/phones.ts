import { candidatesOf, eachTrigger, type Prefilter } from './candidates.ts';
import { isDigit, isWord } from './characters.ts';
import type { Cover } from './cover.ts';
import { isFreeBefore } from './escapes.ts';
import type { Mask } from './mask.ts';

const PLUS = 43;
const OPEN = 40;
const CLOSE = 41;
const SLASH = 47;
const PREFILTER: Prefilter = { triggers: [{ bytes: '+(' }] };
const LEAST_DIGITS = 8;
const MOST_DIGITS = 15;

/** Space, dash, dot, slash between groups of digits. */
const isSeparator = (byte: number): boolean => byte === 32 || byte === 45 || byte === 46 || byte === 47;

/**
 * Telephone numbers in international form (ITU-T E.164: `+`, a country, 8 to 15 digits in all, in groups or not), and North American ones with the area in
 * parentheses. Digits alone may be anything, and stay.
 */
export function phoneMask(cover: Cover): Mask {
  return {
    name: 'phone',
    shortest: 9,
    prefilter: PREFILTER,
    cover(bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) {
      const coverTo = (at: number, end: number): number => {
        if (end > 0) cover(bytes, at, end);
        return end;
      };
      const international = eachTrigger(candidates, (at) => {
        if (bytes[at] !== PLUS) return -1;
        // `a+1`, `2026-01-01T00:00:00+0100`, base64; but `tel=+49...`.
        if (!isFreeBefore(bytes, from, at)) return -1;
        return coverTo(at, internationalEnd(bytes, at + 1, to));
      });
      const american = eachTrigger(candidates, (at) => {
        if (bytes[at] !== OPEN || !isFreeBefore(bytes, from, at)) return -1;
        return coverTo(at, americanEnd(bytes, at, to));
      });
      return international + american;
    },
  };
}

function internationalEnd(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || bytes[from]! < 49 || bytes[from]! > 57) return -1;
  let digits = 0;
  let end = from;
  let inside = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (isDigit(byte)) {
      digits++;
      end = at + 1;
      if (digits > MOST_DIGITS) return -1;
    } else if (byte === OPEN && !inside && digits > 0 && digits < 4) inside = true;
    else if (byte === CLOSE && inside) inside = false;
    // One separator, or one beside a parenthesis; what a slash parts from a whole number is something else.
    else if (!isSeparator(byte) || isSeparator(bytes[at - 1]!) || (byte === SLASH && digits >= LEAST_DIGITS)) break;
  }
  return digits < LEAST_DIGITS || (end < to && isWord(bytes[end]!)) ? -1 : end;
}

/** `(212) 555-0100`: area and exchange begin with 2 to 9. */
function americanEnd(bytes: Uint8Array, open: number, to: number): number {
  const group = (at: number, size: number, least: number): boolean => {
    if (at + size > to || bytes[at]! < least) return false;
    for (let i = 0; i < size; i++) if (!isDigit(bytes[at + i]!)) return false;
    return true;
  };
  if (!group(open + 1, 3, 50) || bytes[open + 4] !== CLOSE) return -1;
  const next = bytes[open + 5] === 32 ? open + 6 : open + 5;
  if (!group(next, 3, 50) || !isSeparator(bytes[next + 3]!) || !group(next + 4, 4, 48)) return -1;
  const end = next + 8;
  return end < to && isWord(bytes[end]!) ? -1 : end;
}
