import { bucketOf } from '../../../lib/distribution.ts';
import type { Output, Result } from './contract.ts';

/** Prometheus' own defaults, in seconds. */
export const DEFAULT_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * How many of the window's samples were up to each bound: buckets with `le`, as histogram_quantile wants them. They are counts of this window, not
 * counters.
 * @param bounds ascending
 */
export function histogram(bounds: readonly number[]): Output<{ counts: number[] }> {
  return {
    suffix: 'histogram_bucket',
    merges: { bounds },
    feed: 'samples',
    // One more than bounds: what is above them all.
    start: () => ({ counts: new Array<number>(bounds.length + 1).fill(0) }),
    add: ({ counts }, value) => {
      counts[bucketOf(bounds, value)]!++;
    },
    results: ({ counts }) => {
      let below = 0;
      return counts.map((count, i): Result => {
        below += count;
        return { label: ['le', i < bounds.length ? String(bounds[i]) : '+Inf'], value: below };
      });
    },
  };
}
