/** What is kept of a series for each window; the place in this list is the place in a window's values. */
export const AGGREGATES = ['min', 'max', 'sum', 'count', 'last', 'increase'] as const;

export type Aggregate = (typeof AGGREGATES)[number];

/** The label that tells the series of windows apart; names with two underscores before them are nobody's own. */
export const WINDOW_LABEL = '__window__';

const MINUTE_MS = 60_000;

/** A length as it stands in queries and labels: 5m. Whole minutes. */
export function windowText(ms: number): string {
  return `${ms / MINUTE_MS}m`;
}

/** The value of the label `__window__`: 5m_max. The length is part of it, so that windows of two lengths are never mixed. */
export function windowLabel(aggregate: Aggregate, windowMs: number): string {
  return `${windowText(windowMs)}_${aggregate}`;
}

/** The beginning of the window that a time lies in; windows are [start, start + length), counted from the epoch. */
export function windowOf(time: number, windowMs: number): number {
  return Math.floor(time / windowMs) * windowMs;
}

/**
 * The first window that can still be computed: the full tier has all of it, and what its increase begins with.
 * @param fullMs how long samples are kept in full
 */
export function oldestWindow(now: number, fullMs: number, seamMs: number, windowMs: number): number {
  return windowOf(now - fullMs + seamMs, windowMs) + windowMs;
}
