import { AGGREGATES } from './window.ts';

/** A run of windows: `count` of them from `from` on, ms. */
export interface Span {
  readonly from: number;
  readonly count: number;
}

const N = AGGREGATES.length;

/**
 * The values of each window of a span, row by row in the order of AGGREGATES; a window without a sample is NaN. The increase is Prometheus' of a counter: from
 * the last sample before the window, if it is not older than `seam`, otherwise from the first in it; a value below the one before it was counted from zero.
 * So the increases of windows side by side add up to the increase of all of them.
 * @param times ascending, ms; what is before the span is only looked at for the first increase
 * @param values NaN (a staleness marker) is no sample
 */
export function foldWindows(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  { from, count }: Span,
  windowMs: number,
  seamMs: number,
): Float64Array {
  const out = new Float64Array(count * N).fill(Number.NaN);
  let before = Number.NaN;
  let beforeTime = Number.NEGATIVE_INFINITY;
  let window = -1;
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!;
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const place = Math.floor((time - from) / windowMs);
    if (place >= count) break;
    if (place >= 0) {
      const at = place * N;
      if (place !== window) {
        window = place;
        // Whatever else was read, a window's increase must not depend on which windows were computed with it.
        const known = beforeTime >= from + place * windowMs - seamMs;
        out[at] = value;
        out[at + 1] = value;
        out[at + 2] = value;
        out[at + 3] = 1;
        out[at + 5] = known ? step(before, value) : 0;
      } else {
        if (value < out[at]!) out[at] = value;
        if (value > out[at + 1]!) out[at + 1] = value;
        out[at + 2]! += value;
        out[at + 3]! += 1;
        out[at + 5]! += step(before, value);
      }
      out[at + 4] = value;
    }
    before = value;
    beforeTime = time;
  }
  return out;
}

function step(before: number, value: number): number {
  return value < before ? value : value - before;
}
