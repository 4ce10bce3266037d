import type { PageSeries } from '../ports/frames.ts';
import type { FlatLabels } from './series-index.ts';

export interface LabelLimits {
  readonly maxLabels: number;
  readonly maxNameLength: number;
  readonly maxValueLength: number;
}

/** One text for equal targets. */
export function targetKeyOf(target: Readonly<Record<string, string>>): string {
  let key = '';
  let last = '';
  for (const name in target) {
    // Asked for every row of every frame, and nearly always sorted already.
    if (name < last) return targetKeyOf(sortedTarget(target));
    last = name;
    const value = target[name]!;
    key += `${name.length},${value.length}:${name}${value}`;
  }
  return key;
}

function sortedTarget(target: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(target).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Name, own labels and the target's, sorted; a label without a value is no label. */
export function flatLabels(series: PageSeries, target: Readonly<Record<string, string>>): FlatLabels {
  const pairs: [string, string][] = series.name === '' ? [] : [['__name__', series.name]];
  const names = new Set(series.labels.map(([name]) => name));
  for (const [name, value] of series.labels) {
    if (value === '') continue;
    let as = name;
    while (target[as] !== undefined || (as !== name && names.has(as))) as = `exported_${as}`;
    pairs.push([as, value]);
  }
  for (const [name, value] of Object.entries(target)) if (value !== '') pairs.push([name, value]);
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flat();
}

/** Whether a label is longer than a store takes. @param size how long a text is: characters, or bytes of UTF-8 */
export function isLong(name: string, value: string, limits: LabelLimits, size: (text: string) => number): boolean {
  return size(name) > limits.maxNameLength || size(value) > limits.maxValueLength;
}

/** Why a store does not take a series of these labels; null: it does. @param size as of `isLong` */
export function badLabels(
  labels: FlatLabels,
  limits: LabelLimits,
  size: (text: string) => number = (text) => text.length,
): string | null {
  if (labels.length > limits.maxLabels * 2) return 'too_many_labels';
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === '' || labels[i] === labels[i + 2]) return 'bad_labels';
    if (isLong(labels[i]!, labels[i + 1]!, limits, size)) return 'label_too_long';
  }
  return null;
}
