import { executionError } from '../errors.ts';
import { formatShort } from '../format.ts';
import { CompensatedSum, isInfinite } from '../kahan.ts';
import type { FunctionTable, Window } from './definition.ts';

/** Holt's double exponential smoothing: the last smoothed value, with the trend smoothed too. */
function doubleExponential({ values, from, to }: Window, smoothing: number, trend: number): number | undefined {
  for (const [name, factor] of [
    ['smoothing', smoothing],
    ['trend', trend],
  ] as const) {
    if (factor <= 0 || factor >= 1) {
      throw executionError(`invalid ${name} factor. Expected: 0 < ${name[0]}f < 1, got: ${factor.toFixed(6)}`);
    }
  }
  if (to - from < 2) return undefined;
  let previous = 0;
  let level = values[from]!;
  let slope = values[from + 1]! - values[from]!;
  for (let i = from + 1; i < to; i++) {
    // The first slope stands as it is: there is no smoothed value before it.
    if (i > from + 1) slope = trend * (level - previous) + (1 - trend) * slope;
    const next = smoothing * values[i]! + (1 - smoothing) * (level + slope);
    previous = level;
    level = next;
  }
  return level;
}

const LEFT = 0;
const RIGHT = 1;
const TRAPEZOIDAL = 2;
const isStrategy = (value: number) => value === LEFT || value === RIGHT || value === TRAPEZOIDAL;

const area = new CompensatedSum();
const pair = new CompensatedSum();

/** The area under the values, in value times seconds; NaN counts as 0. By left points (0), right points (1) or trapezoids (2). */
function integral({ times, values, from, to }: Window, strategy: number): number {
  area.reset();
  let correction = 0;
  const value = (i: number) => (Number.isNaN(values[i]!) ? 0 : values[i]!);
  for (let i = from + 1; i < to; i++) {
    const [before, after] = [value(i - 1), value(i)];
    let height = strategy === LEFT ? before : after;
    let rest = 0;
    if (strategy === TRAPEZOIDAL) {
      pair.reset(before);
      pair.add(after);
      if (isInfinite(pair.sum) && !isInfinite(before) && !isInfinite(after)) {
        pair.reset(before / 2);
        pair.add(after / 2);
        [height, rest] = [pair.sum, pair.correction];
      } else [height, rest] = [pair.sum / 2, pair.correction / 2];
    }
    if (height === 0 && rest === 0) continue;
    const seconds = (times[i]! - times[i - 1]!) / 1000;
    area.correction += rest * seconds;
    area.add(height * seconds);
    correction = area.correction;
  }
  return isInfinite(area.sum) ? area.sum : area.sum + correction;
}

export const SMOOTHING_FUNCTIONS: FunctionTable = {
  double_exponential_smoothing: {
    kind: 'range',
    args: ['matrix', 'scalar', 'scalar'],
    range: (window, [smoothing, trend]) => doubleExponential(window, smoothing!, trend!),
  },
  integral: {
    kind: 'range',
    args: ['matrix', 'scalar'],
    optional: 1,
    warn: ([strategy = TRAPEZOIDAL]) =>
      isStrategy(strategy)
        ? undefined
        : `strategy should be 0, 1, or 2 (default), using 2, got ${formatShort(strategy)}`,
    range: (window, [strategy = TRAPEZOIDAL]) => integral(window, isStrategy(strategy) ? strategy : TRAPEZOIDAL),
  },
};
