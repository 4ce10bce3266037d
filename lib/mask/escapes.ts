import { isHex, isWord } from './characters.ts';

const BACKSLASH = 92;
const PERCENT = 37;
const SMALL_U = 117;
const SMALL_X = 120;

/** `\n`, `\r`, `\t`, `\b`, `\f`. */
const isEscapeLetter = (byte: number): boolean =>
  byte === 110 || byte === 114 || byte === 116 || byte === 98 || byte === 102;

/** Nothing adjoins before: no part of a word, or one that is the end of an escape of JSON (`\n`, `\u0022`), or of an encoded byte (`%3D`). */
export function isFreeBefore(bytes: Uint8Array, low: number, at: number): boolean {
  if (at <= low) return true;
  const before = bytes[at - 1]!;
  if (!isWord(before)) return true;
  if (at - 2 < low) return false;
  const second = bytes[at - 2]!;
  if (isLetterOfEscape(bytes, low, at - 1)) return true;
  return isHex(before) && isHex(second) && endsInEscape(bytes, low, at);
}

/** The letter of `\n`, `\t` and the like. */
export function isLetterOfEscape(bytes: Uint8Array, low: number, at: number): boolean {
  return isEscapeLetter(bytes[at]!) && at > low && bytes[at - 1] === BACKSLASH;
}

function endsInEscape(bytes: Uint8Array, low: number, at: number): boolean {
  return digitsOfEscape(bytes, low, at - 2) === 2 || digitsOfEscape(bytes, low, at - 4) === 4;
}

/** How many hexadecimal digits at `at` belong to an escape that begins before; 0: none does. */
function digitsOfEscape(bytes: Uint8Array, low: number, at: number): number {
  if (at - 1 < low) return 0;
  const before = bytes[at - 1]!;
  if (before === PERCENT) return areHex(bytes, at, 2);
  if (at - 2 < low || bytes[at - 2] !== BACKSLASH) return 0;
  return before === SMALL_U ? areHex(bytes, at, 4) : before === SMALL_X ? areHex(bytes, at, 2) : 0;
}

function areHex(bytes: Uint8Array, at: number, count: number): number {
  for (let i = 0; i < count; i++) if (at + i >= bytes.length || !isHex(bytes[at + i]!)) return 0;
  return count;
}

/**
 * Where what begins at `at` begins when the digits of an escape before it are taken off: of `%204111` and `\u00224111` the same `4111`.
 * @param at the first byte of a stretch, all or some digits of an escape
 */
export function behindEscape(bytes: Uint8Array, low: number, at: number): number {
  for (let back = 0; back < 4 && at - back > low; back++) {
    const digits = digitsOfEscape(bytes, low, at - back);
    if (digits > back) return at - back + digits;
    if (!isHex(bytes[at - back - 1]!)) break;
  }
  return at;
}
