import { looksEscaped } from '../../../proto/door-sender.ts';
import { type PageSeries, RESERVED_LABELS } from '../../../proto/page.ts';

/**
 * A series as a page takes it: its labels sorted, a label that relay and core give as `exported_...`, and each name once. Where two labels come
 * to have one name the last of them stays.
 */
export function sendableSeries(name: string, labels: Iterable<readonly [string, string]>): PageSeries {
  const all = new Map<string, string>();
  for (const [label, value] of labels) all.set(sendableLabel(label), value);
  return { name, labels: [...all].sort((a, b) => (a[0] < b[0] ? -1 : 1)) };
}

/** A name that no relay or core gives, and none that stands for such a one (proto/door-sender.ts). */
export function sendableLabel(label: string): string {
  let sendable = looksEscaped(label) ? label.replace(/^@+/, '_') : label;
  while (RESERVED_LABELS.has(sendable)) sendable = `exported_${sendable}`;
  return sendable;
}
