import type { StoredLine } from '../../ports/log-store.ts';

/** Something of a rule that holds now, before its texts are made. */
export interface Found {
  /** Of the group, by the names of labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** ms since the epoch. */
  readonly eventAt: number | null;
  /** For people: an example of a line, a kind. */
  readonly more: Readonly<Record<string, string>>;
}

/** One rule over log lines, at work. It knows neither stores nor what time it is. */
export interface LogRule {
  /** A line that fits. @param time of the line, ms since the epoch @param now ms */
  take(line: StoredLine, time: number, now: number): void;
  found(now: number): Found[];
  /** From when on lines must be looked at after a start, ms since the epoch. */
  since(now: number): number;
  /** What must outlive a restart, as JSON; null: nothing new. */
  state(): object | null;
  /** Lines that were not followed for want of room. */
  readonly over: number;
}

/** The group of a line: a key, and its labels. */
export function groupOf(line: StoredLine, by: readonly string[]): { key: string; labels: Record<string, string> } {
  const labels: Record<string, string> = {};
  const values: string[] = [];
  for (const name of by) {
    const value = textOf(line, name).slice(0, 256);
    values.push(value);
    if (value !== '') labels[labelOf(name)] = value;
  }
  return { key: values.join('/'), labels };
}

/** @returns its labels by a key, as `groupOf` makes it; null where the key has another number of parts */
export function labelsOfKey(key: string, by: readonly string[]): Record<string, string> | null {
  const values = by.length === 1 ? [key] : key.split('/');
  if (values.length !== by.length) return null;
  return Object.fromEntries(by.map((name, i) => [labelOf(name), values[i]!]));
}

function textOf(line: StoredLine, name: string): string {
  switch (name) {
    case 'host':
      return line['host.name'];
    case 'service':
      return line['service.name'];
    case 'level':
      return line['log.level'];
    case 'site':
      return line.site;
    default:
      return Object.hasOwn(line.fields, name) ? line.fields[name]! : '';
  }
}

function labelOf(name: string): string {
  const label = name.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(label) ? `_${label}` : label;
}
