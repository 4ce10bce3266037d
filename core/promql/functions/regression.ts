import { CompensatedSum, isInfinite } from '../kahan.ts';
import type { FunctionTable, Window } from './definition.ts';

const sumX = new CompensatedSum();
const sumY = new CompensatedSum();
const sumXY = new CompensatedSum();
const sumX2 = new CompensatedSum();

/** Least squares over the window; x in seconds from `origin` (ms). */
function linearRegression({ times, values, from, to }: Window, origin: number): { slope: number; intercept: number } {
  for (const sum of [sumX, sumY, sumXY, sumX2]) sum.reset();
  const first = values[from]!;
  let constant = true;
  for (let i = from; i < to; i++) {
    const y = values[i]!;
    if (constant && i > from && y !== first) constant = false;
    const x = (times[i]! - origin) / 1000;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumX2.add(x * x);
  }
  if (constant) {
    return isInfinite(first) ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: first };
  }
  const count = to - from;
  const x = sumX.sum + sumX.correction;
  const y = sumY.sum + sumY.correction;
  const covariance = sumXY.sum + sumXY.correction - (x * y) / count;
  const variance = sumX2.sum + sumX2.correction - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}

export const REGRESSION_FUNCTIONS: FunctionTable = {
  deriv: {
    kind: 'range',
    args: ['matrix'],
    range: (window) =>
      window.to - window.from < 2 ? undefined : linearRegression(window, window.times[window.from]!).slope,
  },
  predict_linear: {
    kind: 'range',
    args: ['matrix', 'scalar'],
    range(window, [seconds]) {
      if (window.to - window.from < 2) return undefined;
      const { slope, intercept } = linearRegression(window, window.step);
      return slope * seconds! + intercept;
    },
  },
};
