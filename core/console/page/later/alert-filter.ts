import type { ShownAlert } from './alert-shapes.ts';

/** Where an alert stands for people: each in one of these. */
export const PLACES = ['firing', 'pending', 'acknowledged', 'silenced', 'ended'] as const;
export type AlertPlace = (typeof PLACES)[number];

/** What is shown unless the address says otherwise: what somebody should look at. */
export const USUAL: readonly AlertPlace[] = ['firing', 'pending', 'acknowledged'];

export function placeOf({ state, acknowledged, silencedBy, inhibitedBy }: ShownAlert): AlertPlace {
  if (state === 'resolved') return 'ended';
  if (silencedBy.length + inhibitedBy.length > 0) return 'silenced';
  if (acknowledged) return 'acknowledged';
  return state;
}

export interface AlertFilter {
  /** Words that all stand somewhere in it, whatever their case; '': any. */
  readonly text: string;
  readonly severity: string;
  readonly source: string;
}

export function fits(alert: Pick<ShownAlert, 'labels' | 'annotations' | 'source'>, filter: AlertFilter): boolean {
  const { labels, annotations, source } = alert;
  if (filter.severity !== '' && (labels.severity ?? '') !== filter.severity) return false;
  if (filter.source !== '' && source !== filter.source) return false;
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return true;
  const said = [...Object.entries(labels).map((pair) => pair.join('=')), ...Object.values(annotations)];
  const all = said.join('\n').toLowerCase();
  return words.every((word) => all.includes(word));
}

const GRAVE = ['page', 'critical', 'error', 'warning', 'info'];

/** The gravest first, then the newest. */
export function graver(a: ShownAlert, b: ShownAlert): number {
  const place = PLACES.indexOf(placeOf(a)) - PLACES.indexOf(placeOf(b));
  return place || rank(a) - rank(b) || Date.parse(b.activeAt) - Date.parse(a.activeAt);
}

function rank({ labels }: ShownAlert): number {
  const at = GRAVE.indexOf(labels.severity ?? '');
  return at < 0 ? GRAVE.length : at;
}
