import type { Buckets, ExponentialPoint } from './messages.ts';

/** Classic buckets: counts, not cumulative, by upper bound ascending, without +Inf; and all there are. */
export interface ClassicBuckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Finest grid of the classic buckets: bounds are powers of 2^(1/4). Grids of lower scales are parts of it, so that a bound that
 * stays counts on when the sender has to coarsen its own.
 */
export const FINEST_SCALE = 2;
/** Bounds on one side; a wider spread is put on a coarser grid. */
const MOST_BOUNDS = 160;

/** Counts of one side by index at a scale: index i holds (base^i, base^(i+1)]. */
export interface ScaledCounts {
  readonly scale: number;
  readonly counts: ReadonlyMap<number, number>;
}

/** The same on the grid of `scale`, which is not finer. */
export function coarsen({ scale: from, counts }: ScaledCounts, scale: number): ScaledCounts {
  if (scale >= from) return { scale: from, counts };
  const width = 2 ** (from - scale);
  const merged = new Map<number, number>();
  for (const [index, count] of counts) {
    const at = Math.floor(index / width);
    merged.set(at, (merged.get(at) ?? 0) + count);
  }
  return { scale, counts: merged };
}

/** A side of a point as it came. Empty buckets are left out. */
export function scaledOf(buckets: Buckets | null, scale: number): ScaledCounts {
  const counts = new Map<number, number>();
  for (const [i, count] of (buckets?.bucketCounts ?? []).entries())
    if (count > 0) counts.set(i + buckets!.offset, count);
  return { scale, counts };
}

/** The scale at which a side is not finer than the finest, and has not too many bounds. */
export function fittingScale({ scale, counts }: ScaledCounts): number {
  let fits = Math.min(scale, FINEST_SCALE);
  if (counts.size === 0) return fits;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const index of counts.keys()) {
    least = Math.min(least, index);
    most = Math.max(most, index);
  }
  while (Math.floor(most / 2 ** (scale - fits)) - Math.floor(least / 2 ** (scale - fits)) >= MOST_BOUNDS) fits--;
  return fits;
}

/** Upper bound of index i at a scale. */
export function upperBound(index: number, scale: number): number {
  return 2 ** ((index + 1) / 2 ** scale);
}

/** Classic buckets of an exponential histogram: negative ones, zero, positive ones, every bound between the ends. */
export function classicBuckets(
  positive: ScaledCounts,
  negative: ScaledCounts,
  zeroCount: number,
  zeroThreshold: number,
): ClassicBuckets {
  const scale = Math.min(fittingScale(positive), fittingScale(negative));
  const bounds: number[] = [];
  const counts: number[] = [];
  const down = range(coarsen(negative, scale));
  // The bucket of index i holds [-base^(i+1), -base^i): its upper bound is -base^i.
  for (const [index, count] of down.reverse()) {
    bounds.push(-upperBound(index - 1, scale));
    counts.push(count);
  }
  if (zeroCount > 0 || down.length > 0) {
    bounds.push(zeroThreshold);
    counts.push(zeroCount);
  }
  for (const [index, count] of range(coarsen(positive, scale))) {
    bounds.push(upperBound(index, scale));
    counts.push(count);
  }
  return { bounds, counts };
}

/** From the first index to the last, the empty ones between included. */
function range({ counts }: ScaledCounts): [number, number][] {
  if (counts.size === 0) return [];
  const indexes = [...counts.keys()].sort((a, b) => a - b);
  const all: [number, number][] = [];
  for (let at = indexes[0]!; at <= indexes.at(-1)!; at++) all.push([at, counts.get(at) ?? 0]);
  return all;
}

/** Why a point makes no sense, or null. */
export function misshapen(point: ExponentialPoint): string | null {
  if (point.scale < -10 || point.scale > 20) return `a scale of ${point.scale}`;
  let sum = point.zeroCount;
  for (const side of [point.positive, point.negative]) {
    for (const count of side?.bucketCounts ?? []) sum += count;
  }
  return sum === point.count ? null : `the buckets hold ${sum} of ${point.count}`;
}
