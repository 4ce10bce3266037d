import { type HostMemory, NOT_WITH_RELAY, PUSH_SILENT_MS, stateOf } from '../../fleet/host.ts';
import { relayOfKey } from '../../fleet/relay-key.ts';
import { byHeard, heardAt, type RelayView } from '../../fleet/relay-view.ts';

/** Why the relay ended a host's connection, in words for who is woken by it. */
const WHY: Readonly<Record<string, string>> = {
  closed: 'its connection broke (last will)',
  'keep-alive': 'its keep-alive ran out: the network or the machine hangs',
  disconnected: 'its collector was stopped',
  expired: 'its certificate has expired',
  refused: 'its relay refused it',
  full: 'its relay had no room for it',
  held: 'its relay held it off',
  oversized: 'it sent what is too large',
  websocket: 'it broke the WebSocket protocol',
  stopping: 'its relay stopped',
  drained: 'its relay sent it to another one, where it did not arrive',
  moved: 'it moved to another relay, where it did not arrive',
  replaced: 'another connection took its place and is not there any more',
  [NOT_WITH_RELAY]: 'its relay was away and is back, and the host has not come back to it',
};

/** A host that nobody hears, and what is known of its last hour. */
export interface SilentHost {
  readonly host: string;
  /** Empty: it never had one. */
  readonly relay: string;
  readonly site: string;
  /** Since when, ms since the epoch; null: it was never heard. */
  readonly since: number | null;
  /** As the relay gave it. */
  readonly reason: string;
  readonly why: string;
}

/** The key of the relay's process that speaks for a host: one that has it, else the one that had it last; null: none ever did. */
export function speakerOf(memory: Readonly<HostMemory>, away: (key: string) => boolean): string | null {
  let best: string | null = null;
  let last: RelayView | null = null;
  for (const key in memory.relays) {
    const view = memory.relays[key]!;
    if (view.connected && !away(key)) return key;
    const better = last === null || (view.connected && !last.connected);
    if (better || (view.connected === last!.connected && byHeard(view, last!) < 0)) {
      best = key;
      last = view;
    }
  }
  return best;
}

/** Whether a host is heard, by what its relays say; `unknown`: the relay that had it is away. */
export function standingOf(
  memory: Readonly<HostMemory>,
  away: (key: string) => boolean,
  now: number,
): 'heard' | 'silent' | 'unknown' {
  const state = stateOf(memory, away, now);
  return state === 'connected' ? 'heard' : state === 'gone' ? 'silent' : 'unknown';
}

/** @param speaker of `speakerOf` */
export function silentHost(memory: Readonly<HostMemory>, speaker: string | null, now: number): SilentHost {
  const { host, lastSeen } = memory;
  const view = speaker === null ? undefined : memory.relays[speaker];
  if (speaker === null || !view) {
    const minutes = PUSH_SILENT_MS / 60_000;
    const why = `it has no collector and pushes; nothing came for ${minutes} minutes`;
    return { host, relay: '', site: '', since: lastSeen > 0 ? lastSeen : null, reason: 'pushes', why };
  }
  const { reason, site } = view;
  // A relay's clock may be ahead of ours.
  const since = Math.min(view.since, heardAt(view), now);
  const why = Object.hasOwn(WHY, reason) ? WHY[reason]! : reason === '' ? 'its relay does not say' : reason;
  return { host, relay: relayOfKey(speaker), site, since, reason, why };
}

/** One that is expected and of which nobody ever heard. @param since when it was expected first, ms since the epoch */
export function neverHeard(host: string, since: number): SilentHost {
  const why = `it never connected, and is expected since ${new Date(since).toISOString()}`;
  return { host, relay: '', site: '', since: null, reason: 'never', why };
}
