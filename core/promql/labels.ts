import { METRIC_NAME } from '../../lib/promql/matcher.ts';

export { METRIC_NAME };

/** A label set: name, value, name, value, ... in ascending order of names, no empty value. */
export type Labels = readonly string[];

export const NO_LABELS: Labels = [];
// A lone surrogate stands in no well-formed text, so no two label sets have one signature.
const SEPARATOR = '\ud800';

export function labelsOf(record: Readonly<Record<string, string>>): Labels {
  const names = Object.keys(record);
  if (names.length > 1) names.sort();
  const labels: string[] = [];
  for (const name of names) {
    const value = record[name]!;
    if (value !== '') labels.push(name, value);
  }
  return labels;
}

export function recordOf(labels: Labels): Record<string, string> {
  const entries: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) entries.push([labels[i]!, labels[i + 1]!]);
  // fromEntries defines properties, so a label called __proto__ is a label like any other.
  return Object.fromEntries(entries);
}

/** The value, or '' when the label is not there, which PromQL holds for the same. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1]!;
  return '';
}

/** A text that is equal for equal label sets only. */
export function signatureOf(labels: Labels): string {
  return labels.join(SEPARATOR);
}

export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  const kept: string[] = [];
  for (let i = 0; i < labels.length; i += 2) if (names.has(labels[i]!)) kept.push(labels[i]!, labels[i + 1]!);
  return kept;
}

export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  const kept: string[] = [];
  for (let i = 0; i < labels.length; i += 2) if (!names.has(labels[i]!)) kept.push(labels[i]!, labels[i + 1]!);
  return kept;
}

/** The name, and what goes with it: a value that is no longer the metric's has neither its type nor its unit. */
export const METADATA: readonly string[] = [METRIC_NAME, '__type__', '__unit__'];
const METADATA_SET: ReadonlySet<string> = new Set(METADATA);
export function dropMetricName(labels: Labels): Labels {
  return dropLabels(labels, METADATA_SET);
}

/** With one label set anew; '' takes it away. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const changed: string[] = [];
  let placed = value === '';
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === name) continue;
    if (!placed && labels[i]! > name) {
      changed.push(name, value);
      placed = true;
    }
    changed.push(labels[i]!, labels[i + 1]!);
  }
  if (!placed) changed.push(name, value);
  return changed;
}

/** Prometheus' order of series: name by name, value by value, the shorter first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return a.length - b.length;
}

/** As Prometheus writes a series in a message: {__name__="a", b="c"}. */
export function describeLabels(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]}=${JSON.stringify(labels[i + 1])}`);
  return `{${parts.join(', ')}}`;
}
