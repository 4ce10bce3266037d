import { executionError } from '../errors.ts';
import { CompensatedMean, CompensatedSum } from '../kahan.ts';
import { quantileOf } from '../quantile.ts';
import type { FunctionTable, RangeFunction, Window } from './definition.ts';

const sum = new CompensatedSum();
const mean = new CompensatedMean();

function sumOverTime({ values, from, to }: Window): number {
  sum.reset();
  for (let i = from; i < to; i++) sum.add(values[i]!);
  return sum.total();
}

function averageOverTime({ values, from, to }: Window): number {
  mean.reset();
  for (let i = from; i < to; i++) mean.add(values[i]!);
  return mean.mean();
}

function minOverTime({ values, from, to }: Window): number {
  let least = values[from]!;
  for (let i = from + 1; i < to; i++) if (values[i]! < least || Number.isNaN(least)) least = values[i]!;
  return least;
}

function maxOverTime({ values, from, to }: Window): number {
  let most = values[from]!;
  for (let i = from + 1; i < to; i++) if (values[i]! > most || Number.isNaN(most)) most = values[i]!;
  return most;
}

const average = new CompensatedSum();
const squares = new CompensatedSum();

/** Population variance by Welford's method, compensated. */
function varianceOverTime({ values, from, to }: Window): number {
  average.reset();
  squares.reset();
  let count = 0;
  for (let i = from; i < to; i++) {
    count++;
    const delta = values[i]! - (average.sum + average.correction);
    average.add(delta / count);
    squares.add(delta * (values[i]! - (average.sum + average.correction)));
  }
  return (squares.sum + squares.correction) / count;
}

const over = (range: RangeFunction['range'], keepsName = false): RangeFunction => ({
  kind: 'range',
  args: ['matrix'],
  keepsName,
  range,
});

/** The middle of how far the values are from their own middle. */
function medianAbsoluteDeviation({ values, from, to }: Window): number {
  const all = Array.from(values.subarray(from, to));
  const middle = quantileOf(0.5, all);
  return quantileOf(
    0.5,
    all.map((value) => Math.abs(value - middle)),
  );
}

/** Seconds of the last sample that `better` prefers to, or holds for as good as, all before it. */
function timeOf({ times, values, from, to }: Window, better: (value: number, best: number) => boolean): number {
  let at = from;
  for (let i = from; i < to; i++) if (better(values[i]!, values[at]!) || Number.isNaN(values[at])) at = i;
  return times[at]! / 1000;
}

/** Holt's linear method: `smoothing` weighs the newest value, `trend` the newest slope; both within (0, 1). */
function doubleExponentialSmoothing(
  { values, from, to }: Window,
  smoothing: number,
  trend: number,
): number | undefined {
  for (const [factor, name] of [
    [smoothing, 'smoothing'],
    [trend, 'trend'],
  ] as const) {
    if (!(factor > 0 && factor < 1)) {
      throw executionError(`invalid ${name} factor. Expected: 0 < ${name[0]}f < 1, got: ${factor}`);
    }
  }
  if (to - from < 2) return undefined;
  let before = 0;
  let level = values[from]!;
  let slope = values[from + 1]! - level;
  for (let i = from + 1; i < to; i++) {
    const x = smoothing * values[i]!;
    if (i > from + 1) slope = trend * (level - before) + (1 - trend) * slope;
    const y = (1 - smoothing) * (level + slope);
    before = level;
    level = x + y;
  }
  return level;
}

export const OVER_TIME_FUNCTIONS: FunctionTable = {
  avg_over_time: over(averageOverTime),
  sum_over_time: over(sumOverTime),
  min_over_time: over(minOverTime),
  max_over_time: over(maxOverTime),
  count_over_time: over(({ from, to }) => to - from),
  first_over_time: over(({ values, from }) => values[from]!, true),
  last_over_time: over(({ values, to }) => values[to - 1]!, true),
  present_over_time: over(() => 1),
  stddev_over_time: over((window) => Math.sqrt(varianceOverTime(window))),
  stdvar_over_time: over(varianceOverTime),
  mad_over_time: over(medianAbsoluteDeviation),
  ts_of_min_over_time: over((window) => timeOf(window, (value, least) => value <= least)),
  ts_of_max_over_time: over((window) => timeOf(window, (value, most) => value >= most)),
  ts_of_first_over_time: over(({ times, from }) => times[from]! / 1000),
  ts_of_last_over_time: over(({ times, to }) => times[to - 1]! / 1000),
  double_exponential_smoothing: {
    kind: 'range',
    args: ['matrix', 'scalar', 'scalar'],
    range: (window, [smoothing, trend]) => doubleExponentialSmoothing(window, smoothing!, trend!),
  },
  quantile_over_time: {
    kind: 'range',
    args: ['scalar', 'matrix'],
    range: ({ values, from, to }, [quantile]) => quantileOf(quantile!, Array.from(values.subarray(from, to))),
  },
};
