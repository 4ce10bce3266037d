/**
 * A mergeable sketch of values, of the kind of HdrHistogram: buckets of the same relative width, found from a double's own bits. Each power of two
 * has 128 of them, so what a bucket stands for is within 1/256 of every value in it. Merging adds counts and loses nothing.
 */
export interface Sketch {
  count: number;
  /** Values nearer to 0 than 2^-64. */
  zeros: number;
  least: number;
  greatest: number;
  readonly above: Buckets;
  /** Of negative values, by their magnitude. */
  readonly below: Buckets;
}

/** Counts of neighbouring buckets; the first is that of key `from`. */
export interface Buckets {
  from: number;
  counts: number[];
}

/** Bits of the mantissa that make the key, below the 11 of the exponent. */
const SUB_BITS = 7;
const SHIFT = 20 - SUB_BITS;
/** Magnitudes from 2^-64 on, up to 2^64: beyond, they count in the last bucket, and only `greatest` and `least` are exact. */
export const LEAST_KEY: number = (1023 - 64) << SUB_BITS;
export const MOST_KEY: number = ((1023 + 64) << SUB_BITS) - 1;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

export function startSketch(): Sketch {
  return {
    count: 0,
    zeros: 0,
    least: Number.POSITIVE_INFINITY,
    greatest: Number.NEGATIVE_INFINITY,
    above: { from: 0, counts: [] },
    below: { from: 0, counts: [] },
  };
}

/** @param value any double but NaN */
export function addValue(sketch: Sketch, value: number): void {
  addWeighted(sketch, value, 1);
}

/** The same value so many times. */
export function addWeighted(sketch: Sketch, value: number, times: number): void {
  sketch.count += times;
  if (value < sketch.least) sketch.least = value;
  if (value > sketch.greatest) sketch.greatest = value;
  const key = keyOf(value);
  if (key < LEAST_KEY) sketch.zeros += times;
  else addCount(value > 0 ? sketch.above : sketch.below, Math.min(key, MOST_KEY), times);
}

/** Adds what another sketch has seen. */
export function mergeSketch(into: Sketch, from: Sketch): void {
  into.count += from.count;
  into.zeros += from.zeros;
  into.least = Math.min(into.least, from.least);
  into.greatest = Math.max(into.greatest, from.greatest);
  for (const side of ['above', 'below'] as const) {
    const { from: first, counts } = from[side];
    counts.forEach((count, i) => {
      if (count > 0) addCount(into[side], first + i, count);
    });
  }
}

/**
 * The quantile by linear interpolation between ranks, as Prometheus has it; NaN of no values.
 * @param phi from 0 to 1
 */
export function quantileOf(sketch: Sketch, phi: number): number {
  if (sketch.count === 0) return Number.NaN;
  const rank = phi * (sketch.count - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  const low = valueAt(sketch, lower);
  return weight === 0 ? low : low * (1 - weight) + valueAt(sketch, lower + 1) * weight;
}

/** What stands at a place of the sorted values, from 0. */
function valueAt(sketch: Sketch, rank: number): number {
  if (rank <= 0) return sketch.least;
  if (rank >= sketch.count - 1) return sketch.greatest;
  let left = rank;
  const { above, below } = sketch;
  for (let i = below.counts.length - 1; i >= 0; i--) {
    left -= below.counts[i]!;
    if (left < 0) return within(sketch, -middleOf(below.from + i));
  }
  left -= sketch.zeros;
  if (left < 0) return within(sketch, 0);
  for (let i = 0; i < above.counts.length; i++) {
    left -= above.counts[i]!;
    if (left < 0) return within(sketch, middleOf(above.from + i));
  }
  return sketch.greatest;
}

function within(sketch: Sketch, value: number): number {
  return Math.min(sketch.greatest, Math.max(sketch.least, value));
}

function keyOf(value: number): number {
  double[0] = value;
  // The high word is the second one on every machine that Node runs on (little endian).
  return (words[1]! & 0x7fffffff) >>> SHIFT;
}

/** The middle of a bucket. */
function middleOf(key: number): number {
  words[0] = 0;
  words[1] = (key << SHIFT) | (1 << (SHIFT - 1));
  return double[0]!;
}

/** Buckets in memory, empty ones between others included. */
export function cellsOf({ above, below }: Sketch): number {
  return above.counts.length + below.counts.length;
}

/** Adds to the count of one bucket. @param key from LEAST_KEY to MOST_KEY */
export function addCount(buckets: Buckets, key: number, count: number): void {
  const { counts } = buckets;
  if (counts.length === 0) buckets.from = key;
  if (key < buckets.from) {
    counts.unshift(...new Array<number>(buckets.from - key).fill(0));
    buckets.from = key;
  }
  const at = key - buckets.from;
  while (counts.length <= at) counts.push(0);
  counts[at]! += count;
}
