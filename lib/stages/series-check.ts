import type { ItemCode, Label } from '../ingest/batch.ts';

export interface SeriesLimits {
  /** Labels without the name. */
  readonly maxLabels: number;
  readonly maxNameLength: number;
  readonly maxValueLength: number;
}

/** What a metric store keeps; a door says so item by item before the store would. */
export const SERIES_LIMITS: SeriesLimits = { maxLabels: 56, maxNameLength: 256, maxValueLength: 4096 };

export type CheckedSeries =
  | { readonly code: ItemCode; readonly message: string }
  | { readonly code: null; readonly labels: Label[] };

/** Sorted labels without the empty ones (a label without a value is no label), or why the series is refused. */
export function checkSeries(name: string, labels: readonly Label[], limits: SeriesLimits): CheckedSeries {
  if (name === '') return { code: 'HG_ITEM_NAME', message: 'the series has no name' };
  if (name.length > limits.maxNameLength) {
    return { code: 'HG_ITEM_NAME', message: `a name of ${name.length} characters, at most ${limits.maxNameLength}` };
  }
  const sorted = labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (sorted.length > limits.maxLabels) {
    return { code: 'HG_ITEM_LABELS', message: `${sorted.length} labels, at most ${limits.maxLabels}: ${shown(name)}` };
  }
  for (const [i, [label, value]] of sorted.entries()) {
    if (label === '') return { code: 'HG_ITEM_LABELS', message: `a label without a name: ${shown(name)}` };
    if (label === '__name__') return { code: 'HG_ITEM_LABELS', message: `__name__ among the labels: ${shown(name)}` };
    if (i > 0 && sorted[i - 1]![0] === label) {
      return { code: 'HG_ITEM_LABELS', message: `the label ${shown(label)} stands twice: ${shown(name)}` };
    }
    if (label.length > limits.maxNameLength || value.length > limits.maxValueLength) {
      return { code: 'HG_ITEM_LABELS', message: `the label ${shown(label)} is too long: ${shown(name)}` };
    }
  }
  return { code: null, labels: sorted };
}

function shown(text: string): string {
  return text.slice(0, 100);
}
