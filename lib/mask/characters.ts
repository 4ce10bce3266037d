/** Classes of ASCII characters, by byte. Bytes of other letters are none of them. */
export const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
export const isLetter = (byte: number): boolean => (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90);
export const isCapital = (byte: number): boolean => byte >= 65 && byte <= 90;
export const isAlphanumeric = (byte: number): boolean => isDigit(byte) || isLetter(byte);
export const isWord = (byte: number): boolean => isAlphanumeric(byte) || byte === 95;
export const isHex = (byte: number): boolean =>
  isDigit(byte) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70);

/** A class as a table of 256: 1 for its bytes. */
export const tableOf = (isOf: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (isOf(byte) ? 1 : 0));

/** Whether the bytes from `at` on are `word`, which is in lower case, in any case. */
export function hasWord(bytes: Uint8Array, at: number, to: number, word: string): boolean {
  if (at < 0 || at + word.length > to) return false;
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[at + i]!;
    if ((isCapital(byte) ? byte | 32 : byte) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether they are `text`, in its case. */
export function hasText(bytes: Uint8Array, at: number, to: number, text: string): boolean {
  if (at < 0 || at + text.length > to) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The place of a byte in bytes[from, to), -1 if there is none. */
export function placeOf(bytes: Uint8Array, byte: number, from: number, to: number): number {
  const at = bytes.indexOf(byte, from);
  return at >= to ? -1 : at;
}

/** The place of a text of one character a byte in bytes[from, to), -1 if it is not there. */
export function placeOfText(bytes: Uint8Array, text: string, from: number, to: number): number {
  const first = text.charCodeAt(0);
  let at = placeOf(bytes, first, from, to);
  while (at >= 0 && !hasText(bytes, at, to, text)) at = placeOf(bytes, first, at + 1, to);
  return at;
}
