import { addTo, type Compensated, startSum, sumOf } from './compensated.ts';
import { type Distribution, type DistributionPlan, mergeDistribution, startDistribution } from './distribution.ts';

/** What a distribution does not say of a window; what no output wants stays 0. Plain data. */
export interface Rest {
  /** The mean of all samples, and the sum of their squared distances from it (Welford). */
  mean: number;
  squares: number;
  /** The newest sample, ms since the epoch and its value; of several with one time the greatest. */
  time: number;
  value: number;
  /** What counters went up by. */
  readonly increase: Compensated;
  /** How many series had a sample. */
  series: number;
}

/** All that a process has of one window of a group: parts of the same group and window add up to one. */
export interface WindowPart {
  readonly distribution: Distribution;
  readonly rest: Rest;
}

/** Outputs that a distribution alone does not give, by their suffix. */
const OF_REST: ReadonlySet<string> = new Set(['total', 'increase', 'rate_sum', 'last', 'stddev', 'count_series']);

/**
 * Single values of a window, by the suffix of a roll-up's output.
 * @param seconds length of the window
 */
export const PLAIN_RESULTS: Readonly<Record<string, (of: WindowPart, seconds: number) => number>> = {
  count_samples: ({ distribution: { sketch } }) => sketch.count,
  sum_samples: ({ distribution: { sum } }) => sumOf(sum),
  avg: ({ distribution: { sketch, sum } }) => sumOf(sum) / sketch.count,
  min: ({ distribution: { sketch } }) => sketch.least,
  max: ({ distribution: { sketch } }) => sketch.greatest,
  // What one window adds to it.
  total: ({ rest }) => sumOf(rest.increase),
  increase: ({ rest }) => sumOf(rest.increase),
  rate_sum: ({ rest }, seconds) => sumOf(rest.increase) / seconds,
  last: ({ rest }) => rest.value,
  stddev: ({ distribution, rest }) => Math.sqrt(rest.squares / distribution.sketch.count),
  count_series: ({ rest }) => rest.series,
};

/** Whether outputs want more than a distribution. */
export function wantsRest({ plain }: DistributionPlan): boolean {
  return plain.some((name) => OF_REST.has(name));
}

export function startRest(): Rest {
  const { NEGATIVE_INFINITY } = Number;
  return { mean: 0, squares: 0, time: NEGATIVE_INFINITY, value: NEGATIVE_INFINITY, increase: startSum(), series: 0 };
}

/** @param bounds how many a histogram has */
export function startPart(bounds: number): WindowPart {
  return { distribution: startDistribution(bounds), rest: startRest() };
}

/** Adds what another has of the same window: of other samples, and of other series. In any order, but for the rounding of sums. */
export function mergePart(into: WindowPart, { distribution, rest }: WindowPart): void {
  const its = into.rest;
  // Chan, Golub and LeVeque: updating formulae and a pairwise algorithm for computing sample variances.
  const before = into.distribution.sketch.count;
  const more = distribution.sketch.count;
  const away = rest.mean - its.mean;
  its.squares += rest.squares + (away * away * before * more) / (before + more);
  its.mean += (away * more) / (before + more);
  if (rest.time > its.time || (rest.time === its.time && rest.value > its.value)) {
    its.time = rest.time;
    its.value = rest.value;
  }
  addTo(its.increase, sumOf(rest.increase));
  its.series += rest.series;
  mergeDistribution(into.distribution, distribution);
}
