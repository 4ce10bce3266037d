import type { Alert } from '../alert.ts';
import type { Audience } from './routes.ts';

/** An alert in a message, as it would be told now. */
export interface PlannedAlert {
  readonly alert: Alert;
  readonly status: 'firing' | 'resolved';
  /** Since when the receiver should know something it does not, ms on the notifier's clock; null: it knows all. */
  readonly changedAt: number | null;
  /** When it was told last; null: never. */
  readonly toldAt: number | null;
  /** Whether it is said again when its time comes. */
  readonly repeats: boolean;
}

/** What one receiver is told together. */
export interface PlannedGroup {
  readonly audience: Audience;
  readonly alerts: PlannedAlert[];
}

/** When a group is due, and whether because something changed. */
export interface Due {
  readonly at: number;
  readonly changed: boolean;
}

/**
 * When a group is to be told, by Alertmanager's times: what changed waits for others, and for a while after the last message; what did not is repeated.
 * @param now ms on the notifier's clock
 * @returns null: there is nothing to tell, now or later
 */
export function dueOf({ audience, alerts }: PlannedGroup, now: number): Due | null {
  const { groupWait, groupInterval, repeatInterval } = audience.timing;
  let changedAt: number | null = null;
  let toldAt: number | null = null;
  let repeats = false;
  for (const one of alerts) {
    if (one.changedAt !== null) changedAt = Math.min(changedAt ?? Number.POSITIVE_INFINITY, one.changedAt);
    // What was told in a time that is still to come was told before the clock was set back.
    if (one.toldAt !== null) toldAt = Math.max(toldAt ?? 0, Math.min(one.toldAt, now));
    repeats ||= one.repeats;
  }
  if (changedAt !== null) {
    return { at: Math.max(changedAt + groupWait, toldAt === null ? 0 : toldAt + groupInterval), changed: true };
  }
  return repeats && toldAt !== null ? { at: toldAt + repeatInterval, changed: false } : null;
}

/** Those that a message has room for: what changed first, then what was told longest ago. */
export function chosen(group: PlannedGroup, changed: boolean, most: number): PlannedAlert[] {
  const alerts = changed ? group.alerts : group.alerts.filter(({ repeats }) => repeats);
  if (alerts.length <= most) return alerts;
  const fresh = (one: PlannedAlert) => (one.changedAt === null ? 1 : 0);
  return [...alerts].sort((a, b) => fresh(a) - fresh(b) || (a.toldAt ?? 0) - (b.toldAt ?? 0)).slice(0, most);
}
