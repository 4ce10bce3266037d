import { relayOfKey } from './relay-key.ts';

/** What one relay last said of a host. */
export interface RelayView {
  connected: boolean;
  /** Since when, ms since the epoch by the relay's clock. */
  since: number;
  reason: string;
  connection: number;
  site: string;
  /** When this core heard it first, ms by its own clock: relays' clocks differ. Not there: of a version that did not keep it. */
  heard?: number | undefined;
}

/** By the key of a relay's process (relay-key.ts). */
export type RelayViews = Readonly<Record<string, RelayView>>;

/** When a relay said so, as near as is known, ms. */
export function heardAt(view: RelayView): number {
  return view.heard ?? view.since;
}

/** Puts what was said last first. What is of one moment is of one relay as a rule, which numbers connections. */
export function byHeard(a: RelayView, b: RelayView): number {
  return heardAt(b) - heardAt(a) || b.connection - a.connection || b.since - a.since;
}

/** What was said last; undefined: nothing was. */
export function lastOf(views: Iterable<RelayView>): RelayView | undefined {
  let last: RelayView | undefined;
  for (const view of views) if (last === undefined || byHeard(view, last) < 0) last = view;
  return last;
}

/** The newest connection of a host to any process of a relay; they are numbered together. */
export function newestConnection(views: RelayViews, relay: string): RelayView | undefined {
  let newest: RelayView | undefined;
  for (const key in views) {
    const view = views[key]!;
    if (relayOfKey(key) === relay && view.connection > (newest?.connection ?? 0)) newest = view;
  }
  return newest;
}

/** Whether nothing but the moment it was heard is new. */
export function isSame(before: RelayView | undefined, view: RelayView): boolean {
  return (
    before !== undefined &&
    before.connected === view.connected &&
    before.since === view.since &&
    before.reason === view.reason &&
    before.connection === view.connection &&
    before.site === view.site
  );
}
