import type { Window } from './definition.ts';

/**
 * What a counter or gauge was at the edges of a window, from the samples around them: under `anchored` the last sample before an
 * edge, under `smoothed` the point on the line between the samples before and after it.
 */

/** The first sample that an anchored count begins with: the last one at or before the start. undefined: nothing comes after the start. */
export function anchored({ times, from, to, start }: Window): number | undefined {
  let after = from;
  while (after < to && times[after]! <= start) after++;
  if (after === to) return undefined;
  return Math.max(from, after - 1);
}

/** The difference over the window, with resets of a counter added, and by the second for a rate. */
export function extendedDifference(
  window: Window,
  smoothed: boolean,
  isCounter: boolean,
  isRate: boolean,
): number | undefined {
  const edges = edgesOf(window, smoothed, isCounter);
  if (edges === undefined) return undefined;
  const { first, last, left, right } = edges;
  let difference = right - left;
  if (isCounter) {
    let previous = left;
    for (let i = first; i <= last; i++) {
      const value = window.values[i]!;
      if (value < previous) difference += previous;
      previous = value;
    }
    if (right < previous) difference += previous;
  }
  return isRate ? difference / ((window.end - window.start) / 1000) : difference;
}

/** The values at both edges, and the samples first..last between them. */
export function edgesOf(
  { times, values, from, to, start, end }: Window,
  smoothed: boolean,
  isCounter: boolean,
): { first: number; last: number; left: number; right: number } | undefined {
  if (from === to) return undefined;
  let last = to - 1;
  let after = from;
  while (after < last && times[after]! <= start) after++;
  let first = Math.max(from, after - 1);
  if (smoothed) {
    let before = from;
    while (before < last && times[before]! < end) before++;
    last = before;
  }
  if (times[last]! <= start) return undefined;
  if (smoothed && times[first]! > end) return undefined;
  const at = (index: number, time: number): number => {
    const [x1, x2, y2] = [times[index]!, times[index + 1]!, values[index + 1]!];
    // After a reset a counter rose from zero.
    const y1 = isCounter && y2 < values[index]! ? 0 : values[index]!;
    return y1 + ((y2 - y1) * (time - x1)) / (x2 - x1);
  };
  const left = smoothed && times[first]! < start ? at(first, start) : values[first]!;
  let right = values[last]!;
  if (times[last]! > end && last > from) right = smoothed ? at(last - 1, end) : values[last - 1]!;
  if (times[first]! <= start) first++;
  if (times[last]! >= end) last--;
  return { first, last, left, right };
}
