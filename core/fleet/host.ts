import type { Status } from '../../proto/message.ts';
import { relayInWords, relayOfKey } from './relay-key.ts';
import { byHeard, heardAt, type RelayView } from './relay-view.ts';

/** A host as the core remembers it. */
export interface HostMemory {
  host: string;
  /** By the key of a relay's process (relay-key.ts). */
  relays: Record<string, RelayView>;
  skew: number;
  lastSeen: number;
  /** The collector's last status, decoded; null if none came. */
  status: Status | null;
  /** It has no collector and pushes by a door: since when without a break, ms. */
  pushesSince?: number;
}

/** A host that pushes is silent when nothing came for so long: what pushes does so every minute as a rule, and says nothing when it stops. */
export const PUSH_SILENT_MS = 300_000;

/** A host that said it moved to another relay is taken at its word for so long, until that relay says so, ms. */
export const MOVED_MS = 10_000;
/** What a relay gives as the reason then. */
export const MOVED = 'moved';
/** The reason for a host that its relay has not, after it was away. */
export const NOT_WITH_RELAY = 'not with its relay';

/** A host as the API shows it. */
export interface HostView {
  host: string;
  /** `unknown`: its relay is away, so nobody can say; not the same as gone. */
  state: 'connected' | 'gone' | 'unknown';
  connected: boolean;
  since: number | null;
  reason: string;
  relay: string | null;
  site: string | null;
  version: string | null;
  profile: string | null;
  boot: string | null;
  series: number | null;
  clockSkewMs: number;
  lastSeen: number | null;
  backlog: { frames: number; items: number; bytes: number; classes: Status['classes'] };
}

/** The state that `viewOf` shows. */
export function stateOf(memory: HostMemory, away: (relay: string) => boolean, now: number): HostView['state'] {
  let state: HostView['state'] = 'gone';
  let relays = 0;
  let last: RelayView | null = null;
  for (const relay in memory.relays) {
    relays++;
    const view = memory.relays[relay]!;
    if (!view.connected) {
      if (last === null || byHeard(view, last) < 0) last = view;
      continue;
    }
    if (!away(relay)) return 'connected';
    state = 'unknown';
  }
  // A clock that was set back must not make that longer.
  if (state === 'gone' && last?.reason === MOVED && Math.abs(now - heardAt(last)) < MOVED_MS) return 'connected';
  if (relays > 0 || memory.pushesSince === undefined) return state;
  return now - memory.lastSeen > PUSH_SILENT_MS ? 'gone' : 'connected';
}

/** What follows from what the relays said. `away` names relays whose stream is down. */
export function viewOf(memory: HostMemory, away: (relay: string) => boolean, now: number): HostView {
  if (memory.pushesSince !== undefined && Object.keys(memory.relays).length === 0) {
    return viewOfPushing(memory, memory.pushesSince, now);
  }
  const said = Object.entries(memory.relays);
  const newest = (list: [string, RelayView][]) => list.sort((a, b) => b[1].since - a[1].since)[0];
  const here = newest(said.filter(([relay, view]) => view.connected && !away(relay)));
  const lost = newest(said.filter(([relay, view]) => view.connected && away(relay)));
  const [gone] = said.filter(([, view]) => !view.connected).sort((a, b) => byHeard(a[1], b[1]));
  const chosen = here ?? lost ?? gone;
  const state = stateOf(memory, away, now);
  const backlog = { frames: 0, items: 0, bytes: 0, classes: memory.status?.classes ?? {} };
  for (const part of Object.values(backlog.classes)) {
    backlog.frames += part.queuedFrames;
    backlog.items += part.queuedItems;
    backlog.bytes += part.queuedBytes;
  }
  return {
    host: memory.host,
    state,
    connected: state === 'connected',
    since: chosen ? chosen[1].since : null,
    reason: here ? '' : lost ? `${relayInWords(lost[0])} is away` : (gone?.[1].reason ?? ''),
    relay: chosen ? relayOfKey(chosen[0]) : null,
    site: chosen ? chosen[1].site : null,
    version: memory.status?.version ?? null,
    profile: memory.status?.profile ?? null,
    boot: memory.status?.boot ?? null,
    series: memory.status?.series ?? null,
    clockSkewMs: memory.skew,
    lastSeen: memory.lastSeen > 0 ? memory.lastSeen : null,
    backlog,
  };
}

function viewOfPushing({ host, lastSeen, skew }: HostMemory, pushesSince: number, now: number): HostView {
  const silent = now - lastSeen > PUSH_SILENT_MS;
  return {
    host,
    state: silent ? 'gone' : 'connected',
    connected: !silent,
    since: silent ? lastSeen : pushesSince,
    reason: silent ? 'it has no collector and pushes; nothing came any more' : '',
    relay: null,
    site: null,
    version: null,
    profile: 'pushes',
    boot: null,
    series: null,
    clockSkewMs: skew,
    lastSeen,
    backlog: { frames: 0, items: 0, bytes: 0, classes: {} },
  };
}
