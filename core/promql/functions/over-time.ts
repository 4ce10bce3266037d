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

export const OVER_TIME_FUNCTIONS: FunctionTable = {
  avg_over_time: over(averageOverTime),
  sum_over_time: over(sumOverTime),
  min_over_time: over(minOverTime),
  max_over_time: over(maxOverTime),
  count_over_time: over(({ from, to }) => to - from),
  last_over_time: over(({ values, to }) => values[to - 1]!, true),
  present_over_time: over(() => 1),
  stddev_over_time: over((window) => Math.sqrt(varianceOverTime(window))),
  stdvar_over_time: over(varianceOverTime),
  quantile_over_time: {
    kind: 'range',
    args: ['scalar', 'matrix'],
    range: ({ values, from, to }, [quantile]) => quantileOf(quantile!, Array.from(values.subarray(from, to))),
  },
};
