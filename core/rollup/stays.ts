import { relayOfKey } from '../fleet/relay-key.ts';
import type { RelayViews } from '../fleet/relay-view.ts';

/** From when to when a host was at a relay, ms; null: it never was, as far as is known. */
export type Stay = readonly [from: number, until: number] | null;

/** When a host was at a relay, by what the relays said of it last. @param views by the keys of relays' processes */
export function stayOf(views: RelayViews, relay: string): Stay {
  let here = false;
  let left = Number.NEGATIVE_INFINITY;
  let elsewhereNow = false;
  let elsewhere = Number.NEGATIVE_INFINITY;
  for (const key in views) {
    const { connected, since } = views[key]!;
    if (relayOfKey(key) === relay) {
      here = true;
      left = Math.max(left, connected ? Number.POSITIVE_INFINITY : since);
    } else {
      elsewhereNow ||= connected;
      // Until then, or since then where it is there now.
      elsewhere = Math.max(elsewhere, since);
    }
  }
  if (!here) return null;
  if (left === Number.POSITIVE_INFINITY) return [elsewhere, left];
  // It went, and whoever has it now took it in then; of one that is nowhere the later stay is the last.
  return elsewhereNow || elsewhere > left ? [Number.NEGATIVE_INFINITY, left] : [elsewhere, Number.POSITIVE_INFINITY];
}
