/** Times that are told apart: up to 50 ms, and each a twentieth more than the one before up to a day. s. */
const LEAST = 0.05;
const STEP = Math.log(1.05);
const MOST = 296;

/** The bucket of a time, s. */
export function bucketOf(seconds: number): number {
  return seconds <= LEAST ? 0 : Math.min(MOST, Math.ceil(Math.log(seconds / LEAST) / STEP));
}

/** The longest time of a bucket, s; what was longer than a day is not told apart. */
export function longestOf(bucket: number): number {
  return LEAST * Math.exp(STEP * bucket);
}

/** The time that so large a share took at most, a twentieth too large at most; null: there are none. @param counts by bucket */
export function quantileOf(counts: ReadonlyMap<number, number>, share: number): number | null {
  let left = 0;
  for (const count of counts.values()) left += count;
  if (left === 0) return null;
  left *= share;
  let last = 0;
  for (const [bucket, count] of [...counts].sort((a, b) => a[0] - b[0])) {
    last = bucket;
    left -= count;
    if (left <= 1e-9) break;
  }
  return longestOf(last);
}
