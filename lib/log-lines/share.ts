/** FNV-1a's start, and its prime. */
const START = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A number in [0, 1) that follows from bytes[from, to) alone, letters in either case: the same at every host and after every restart. Who keeps what is below
 * a share keeps, of any two shares, with the smaller one a part of what the larger one keeps.
 */
export function shareOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let value = START;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    value = Math.imul(value ^ (byte >= 65 && byte <= 90 ? byte | 32 : byte), PRIME);
  }
  return spread(value);
}

/** The same of a text and a number after it, such as a file's identity and a place in it. */
export function shareOfPlace(text: string, place: number): number {
  let value = START;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), PRIME);
  for (let rest = place; rest > 0; rest = Math.floor(rest / 256)) value = Math.imul(value ^ (rest % 256), PRIME);
  return spread(value);
}

/** The last bytes move few bits of the sum; these steps (the end of MurmurHash3) spread them over all of it. */
function spread(sum: number): number {
  let value = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32;
}
