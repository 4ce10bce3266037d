import { mixBits } from '../mix-bits.ts';

/** FNV-1a's start, and its prime. */
const START = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a over UTF-16 units, going on from the sum of what stands before. @returns 32 bits */
export function sumOfText(text: string, before = START): number {
  let sum = before;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), PRIME);
  return sum;
}

/** A sum as a number in [0, 1): the last units of a text move few bits of its sum, and all bits of this. */
export function shareOfSum(sum: number): number {
  return mixBits(sum) / 2 ** 32;
}

/**
 * A number in [0, 1) that follows from bytes[from, to) alone, letters in either case: the same at every host and after every restart. Who keeps what is below
 * a share keeps, of any two shares, with the smaller one a part of what the larger one keeps.
 */
export function shareOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let sum = START;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    sum = Math.imul(sum ^ (byte >= 65 && byte <= 90 ? byte | 32 : byte), PRIME);
  }
  return shareOfSum(sum);
}

/** The same of a text and a number after it, such as a file's identity and a place in it. */
export function shareOfPlace(text: string, place: number): number {
  let sum = sumOfText(text);
  for (let rest = place; rest > 0; rest = Math.floor(rest / 256)) sum = Math.imul(sum ^ (rest % 256), PRIME);
  return shareOfSum(sum);
}
