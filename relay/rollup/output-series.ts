import type { OutputPage } from './output-pages.ts';

/** A series that roll-ups write, and the place that it has on a page. */
export interface OutputSeries {
  readonly name: string;
  /** Sorted by name. */
  readonly labels: readonly (readonly [string, string])[];
  page: OutputPage | null;
  column: number;
}

/** One sample of a window that closed. */
export interface OutputSample {
  readonly series: OutputSeries;
  /** The window's end, ms since the epoch. */
  readonly time: number;
  readonly value: number;
}

export function newSeries(name: string, labels: readonly (readonly [string, string])[]): OutputSeries {
  return { name, labels: [...labels].sort((a, b) => (a[0] < b[0] ? -1 : 1)), page: null, column: 0 };
}
