import type { Random } from './random.ts';

/** A double of these 64 bits, written and read as bytes, so that a signalling NaN stays one. */
export function putBits(values: Float64Array, at: number, high: number, low: number): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  words[at * 2] = low;
  words[at * 2 + 1] = high;
}

/** Bits of all values, for comparison. */
export function bitsOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const SPECIAL: readonly (readonly [number, number])[] = [
  [0x7ff00000, 2], // Prometheus' staleness marker, a signalling NaN
  [0x7ff80000, 1], // Prometheus' ordinary NaN
  [0x7ff80000, 0],
  [0xfff80000, 0],
  [0xffffffff, 0xffffffff],
  [0x7ff00000, 0], // infinities
  [0xfff00000, 0],
  [0x80000000, 0], // -0
  [0, 0],
  [0, 1], // the smallest subnormal
  [0x000fffff, 0xffffffff],
  [0x80000000, 1],
  [0x7fefffff, 0xffffffff], // the largest double
  [0x43400000, 0], // 2^53
  [0x43400000, 1],
  [0xc3400000, 0],
  [0x433fffff, 0xffffffff],
  [0x43e00000, 0], // 2^63
  [0x3fb99999, 0x9999999a], // 0.1
  [0x3fd33333, 0x33333334], // 0.1 + 0.2
];

/** One cell of a kind that a column may hold. */
export function putRandom(random: Random, values: Float64Array, at: number, kind: number): void {
  if (kind === 0) {
    const [high, low] = random.pick(SPECIAL);
    putBits(values, at, high, low);
  } else if (kind === 1) putBits(values, at, random.bits(), random.bits());
  else if (kind === 2) values[at] = random.below(1000);
  else if (kind === 3) values[at] = (random.bits() - 2 ** 31) / 10 ** random.below(14);
  else if (kind === 4)
    values[at] = (random.bits() * 2 ** 21 + random.below(2 ** 21)) * (random.below(2) === 0 ? 1 : -1);
  else if (kind === 5) values[at] = random.bits() * random.bits() * 1e-9;
  else values[at] = 42;
}
export const KINDS = 7;
