import type { OutputPage } from './output-pages.ts';
import { type LabelPairs, sortedLabels } from './series-labels.ts';

/** A series that roll-ups write, and the place that it has on a page. */
export interface OutputSeries {
  readonly name: string;
  /** Sorted by name. */
  readonly labels: LabelPairs;
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

export function newSeries(name: string, labels: LabelPairs): OutputSeries {
  return { name, labels: sortedLabels(labels), page: null, column: 0 };
}
