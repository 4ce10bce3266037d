import type { FunctionTable, RangeFunction, Window } from './definition.ts';
import { extendedDifference } from './extended.ts';

/**
 * Prometheus 3's extrapolatedRate: the difference of the last and the first sample, counter resets added, stretched to the
 * window's edges where the samples come near enough to them, and never below zero for a counter.
 */
function extrapolated(window: Window, isCounter: boolean, isRate: boolean): number | undefined {
  const { times, values, from, to } = window;
  const count = to - from;
  if (count < 2) return undefined;
  const last = to - 1;
  const firstValue = values[from]!;
  let difference = values[last]! - firstValue;
  if (isCounter) {
    let previous = firstValue;
    for (let i = from + 1; i < to; i++) {
      const current = values[i]!;
      if (current < previous) difference += previous;
      previous = current;
    }
  }
  let toStart = (times[from]! - window.start) / 1000;
  let toEnd = (window.end - times[last]!) / 1000;
  const sampled = (times[last]! - times[from]!) / 1000;
  const average = sampled / (count - 1);
  const threshold = average * 1.1;
  if (toStart >= threshold) toStart = average / 2;
  if (isCounter && difference > 0 && firstValue >= 0) {
    // A counter was not below zero: extrapolate no further back than where it would have been zero.
    const toZero = sampled * (firstValue / difference);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = average / 2;
  let factor = (sampled + toStart + toEnd) / sampled;
  if (isRate) factor /= (window.end - window.start) / 1000;
  return difference * factor;
}

/** The last two samples alone. */
function instant(window: Window, isRate: boolean): number | undefined {
  const { times, values, from, to } = window;
  if (to - from < 2) return undefined;
  const last = values[to - 1]!;
  const previous = values[to - 2]!;
  const difference = isRate && last < previous ? last : last - previous;
  return isRate ? difference / ((times[to - 1]! - times[to - 2]!) / 1000) : difference;
}

const over = (range: RangeFunction['range']): RangeFunction => ({ kind: 'range', args: ['matrix'], range });

export const RATE_FUNCTIONS: FunctionTable = {
  rate: {
    ...over((window) => extrapolated(window, true, true)),
    counter: true,
    extended: (window, smoothed) => extendedDifference(window, smoothed, true, true),
  },
  increase: {
    ...over((window) => extrapolated(window, true, false)),
    counter: true,
    extended: (window, smoothed) => extendedDifference(window, smoothed, true, false),
  },
  delta: {
    ...over((window) => extrapolated(window, false, false)),
    extended: (window, smoothed) => extendedDifference(window, smoothed, false, false),
  },
  irate: over((window) => instant(window, true)),
  idelta: over((window) => instant(window, false)),
};
