import { badQuantile } from '../annotations.ts';
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

/** The index of the least or greatest value, of equal ones the last; NaN only where there is nothing else. */
function lastExtreme({ values, from, to }: Window, better: (value: number, best: number) => boolean): number {
  let best = from;
  for (let i = from + 1; i < to; i++) {
    if (better(values[i]!, values[best]!) || Number.isNaN(values[best]!)) best = i;
  }
  return best;
}

/** The median of the distances from the median. */
function medianDeviation({ values, from, to }: Window): number {
  const all = Array.from(values.subarray(from, to));
  if (all.some(Number.isNaN)) return Number.NaN;
  const median = quantileOf(0.5, all);
  return quantileOf(
    0.5,
    all.map((value) => Math.abs(value - median)),
  );
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

export const OVER_TIME_FUNCTIONS: FunctionTable = {
  avg_over_time: over(averageOverTime),
  sum_over_time: over(sumOverTime),
  min_over_time: over(minOverTime),
  max_over_time: over(maxOverTime),
  count_over_time: over(({ from, to }) => to - from),
  first_over_time: over(({ values, from }) => values[from]!, true),
  mad_over_time: over(medianDeviation),
  ts_of_first_over_time: over(({ times, from }) => times[from]! / 1000),
  ts_of_last_over_time: over(({ times, to }) => times[to - 1]! / 1000),
  ts_of_min_over_time: over((window) => window.times[lastExtreme(window, (a, b) => a <= b)]! / 1000),
  ts_of_max_over_time: over((window) => window.times[lastExtreme(window, (a, b) => a >= b)]! / 1000),
  last_over_time: over(({ values, to }) => values[to - 1]!, true),
  present_over_time: over(() => 1),
  stddev_over_time: over((window) => Math.sqrt(varianceOverTime(window))),
  stdvar_over_time: over(varianceOverTime),
  quantile_over_time: {
    kind: 'range',
    args: ['scalar', 'matrix'],
    warn: ([quantile]) => badQuantile(quantile!),
    range: ({ values, from, to }, [quantile]) => quantileOf(quantile!, Array.from(values.subarray(from, to))),
  },
};
