import { CompensatedMean, CompensatedSum } from './kahan.ts';

/** One group at one step: reset, add each value, take the result. */
export interface Accumulator {
  reset(): void;
  add(value: number): void;
  result(): number;
}

function sum(): Accumulator {
  const total = new CompensatedSum();
  return { reset: () => total.reset(), add: (value) => total.add(value), result: () => total.total() };
}

function average(): Accumulator {
  const mean = new CompensatedMean();
  return { reset: () => mean.reset(), add: (value) => mean.add(value), result: () => mean.mean() };
}

/** The least or greatest; NaN only where there is nothing else. */
function extreme(better: (value: number, best: number) => boolean): Accumulator {
  let best = Number.NaN;
  return {
    reset: () => {
      best = Number.NaN;
    },
    add: (value) => {
      if (Number.isNaN(best) || better(value, best)) best = value;
    },
    result: () => best,
  };
}

function count(): Accumulator {
  let total = 0;
  return {
    reset: () => {
      total = 0;
    },
    add: () => {
      total++;
    },
    result: () => total,
  };
}

function group(): Accumulator {
  return { ...count(), result: () => 1 };
}

/** Population variance by Welford's method; not a number when any value is infinite or none. */
function variance(finish: (variance: number) => number): Accumulator {
  let total = 0;
  let mean = 0;
  let squares = 0;
  return {
    reset: () => {
      total = 0;
      mean = 0;
      squares = 0;
    },
    add: (value) => {
      total++;
      const delta = value - mean;
      mean += delta / total;
      squares += delta * (value - mean);
    },
    result: () => finish(squares / total),
  };
}

export const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  sum,
  avg: average,
  min: () => extreme((value, best) => value < best),
  max: () => extreme((value, best) => value > best),
  count,
  group,
  stddev: () => variance(Math.sqrt),
  stdvar: () => variance((value) => value),
};
