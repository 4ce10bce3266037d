import { hex } from '../../proto/hash.ts';

/** `digits` (an even number) random hex digits. */
export function randomHex(random: (into: Uint8Array) => void, digits: number): string {
  const bytes = new Uint8Array(digits / 2);
  random(bytes);
  return hex(bytes);
}

/** A number in [0, 1) of 32 random bits. */
export function randomFraction(random: (into: Uint8Array) => void): number {
  const bytes = new Uint8Array(4);
  random(bytes);
  return (bytes[0]! * 0x1000000 + bytes[1]! * 0x10000 + bytes[2]! * 0x100 + bytes[3]!) / 0x100000000;
}
