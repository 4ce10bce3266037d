/** A bucket of a classic histogram: the observations up to a bound. */
export interface Bucket {
  readonly upper: number;
  count: number;
}

/** Where counts had to be lifted: between which bounds, and by how much at most. */
export interface Lift {
  lowest: number;
  highest: number;
  most: number;
}

/**
 * The quantile of a classic histogram, linear within the bucket the rank falls into.
 * @param all in ascending order
 * @param onLift called when counts fell from bucket to bucket
 */
export function bucketQuantile(quantile: number, all: readonly Bucket[], onLift: (lift: Lift) => void): number {
  if (Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  if (all.at(-1)!.upper !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = merged(all);
  const lift = makeMonotonic(buckets);
  if (lift !== undefined) onLift(lift);
  if (buckets.length < 2) return Number.NaN;
  const last = buckets.length - 1;
  const observations = buckets[last]!.count;
  if (observations === 0) return Number.NaN;
  let rank = quantile * observations;
  const at = firstWithCount(buckets, last, rank);
  if (at === last) return buckets[last - 1]!.upper;
  const end = buckets[at]!.upper;
  if (at === 0 && end <= 0) return end;
  let start = 0;
  let count = buckets[at]!.count;
  if (at > 0) {
    start = buckets[at - 1]!.upper;
    count -= buckets[at - 1]!.count;
    rank -= buckets[at - 1]!.count;
  }
  return start + (end - start) * (rank / count);
}

/** By halves, as Go searches: with NaN among the counts the way there decides what is found. */
function firstWithCount(buckets: readonly Bucket[], most: number, rank: number): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (buckets[middle]!.count >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The part of the observations that lie between two values, linear within a bucket. */
export function bucketFraction(lower: number, upper: number, all: readonly Bucket[]): number {
  if (all.at(-1)!.upper !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = merged(all);
  const total = buckets.at(-1)!.count;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const [from, to] = [rankOf(lower, buckets), rankOf(upper, buckets)];
  return (to - from) / total;
}

/** The observations below a value. */
function rankOf(value: number, buckets: readonly Bucket[]): number {
  const total = buckets.at(-1)!.count;
  // A first bound above zero means that nothing is negative.
  let start = buckets[0]!.upper <= 0 ? Number.NEGATIVE_INFINITY : 0;
  let rank = 0;
  for (const { upper, count } of buckets) {
    if (start >= value) return rank > total ? total : rank;
    if (upper > value) {
      // A bucket without an end has no middle to speak of.
      const found =
        start === Number.NEGATIVE_INFINITY ? count : rank + ((count - rank) * (value - start)) / (upper - start);
      return found > total ? total : found;
    }
    rank = count;
    start = upper;
  }
  return total;
}

/** Buckets of one bound, written differently (1 and 1.0), are one. */
function merged(all: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const bucket of all) {
    const last = buckets.at(-1);
    if (last !== undefined && last.upper === bucket.upper) last.count += bucket.count;
    else buckets.push({ ...bucket });
  }
  return buckets;
}

/** Counts that fall from bucket to bucket, by rounding or by scrapes that raced, are lifted to the one before. */
function makeMonotonic(buckets: readonly Bucket[]): Lift | undefined {
  let previous = buckets[0]!.count;
  let lift: Lift | undefined;
  for (const bucket of buckets.slice(1)) {
    if (nearlyEqual(previous, bucket.count)) bucket.count = previous;
    else if (bucket.count < previous) {
      lift ??= { lowest: bucket.upper, highest: bucket.upper, most: 0 };
      lift.highest = Math.max(lift.highest, bucket.upper);
      lift.most = Math.max(lift.most, previous - bucket.count);
      bucket.count = previous;
    } else previous = bucket.count;
  }
  return lift;
}

const TOLERANCE = 1e-12;
const LEAST_NORMAL = 2.2250738585072014e-308;

function nearlyEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const apart = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < LEAST_NORMAL) return apart < TOLERANCE * LEAST_NORMAL;
  return apart / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}
