import type { RelayLink } from './fleet.ts';

/** Processes that one relay may have. */
export const MOST_WORKERS = 64;
/** No relay's name has it. */
const BETWEEN = '/';

/** What a key looks like; nothing else may be the name of a relay's part in what another process tells. */
export const RELAY_KEY = /^[A-Za-z0-9._-]{1,128}(\/[0-9]{1,2})?$/;

/**
 * The name under which one process of a relay is known here: each has a journal, a stream and an account of its own. The
 * first has the relay's name, since a relay of one process has that one only.
 */
export function relayKey(relay: string, worker: number): string {
  return worker === 0 ? relay : `${relay}${BETWEEN}${worker}`;
}

/** The relay that a process belongs to. */
export function relayOfKey(key: string): string {
  return key.split(BETWEEN)[0]!;
}

export function workerOfKey(key: string): number {
  return Number(key.split(BETWEEN)[1] ?? 0);
}

/** A relay's process in words. */
export function relayInWords(key: string): string {
  const worker = workerOfKey(key);
  return worker === 0 ? `relay ${key}` : `relay ${relayOfKey(key)} (worker ${worker})`;
}

/** Relays as people see them: one each, however many processes it has. */
export interface ConnectedRelay {
  readonly relay: string;
  readonly site: string;
  /** Since when its oldest stream stands, ms. */
  readonly since: number;
  readonly software: string;
  readonly connected: true;
  /** How many streams it has here. */
  readonly workers: number;
}

export function connectedRelays(links: readonly RelayLink[]): ConnectedRelay[] {
  const relays = new Map<string, ConnectedRelay>();
  for (const { relay, site, since, software } of links) {
    const known = relays.get(relay);
    relays.set(relay, {
      relay,
      site,
      since: Math.min(since, known?.since ?? since),
      software,
      connected: true,
      workers: (known?.workers ?? 0) + 1,
    });
  }
  return [...relays.values()];
}
