import type { Fleet, RelayLink } from '../../fleet/fleet.ts';
import { relayInWords, relayOfKey, workerOfKey } from '../../fleet/relay-key.ts';
import type { Held } from '../alert.ts';
import type { HostsConfig } from './config.ts';
import type { InventoryStore, KnownRelay } from './inventory-store.ts';
import type { Excused } from './maintenance.ts';

/** Relays that are remembered. */
const MOST_RELAYS = 10_000;

interface Known extends KnownRelay {
  /** Since when it is away, on the clock of `mono`; null: it is here. */
  away: number | null;
  /** It was seen since the start. */
  heard: boolean;
}

/** Relays' processes that were here once, and those of them that are away for longer than a restart takes. */
export class SilentRelays {
  readonly #config: HostsConfig;
  readonly #store: InventoryStore;
  readonly #known = new Map<string, Known>();

  /** @param mono now, ms on a clock that never steps */
  constructor(config: HostsConfig, store: InventoryStore, mono: number) {
    this.#config = config;
    this.#store = store;
    for (const relay of store.relays()) {
      this.#known.set(relay.key, { ...relay, away: mono, heard: false });
    }
  }

  /**
   * Brings in who is connected.
   * @param now ms since the epoch @param mono ms
   * @throws HeliographError HG_STORE_DISK
   */
  look(links: readonly RelayLink[], now: number, mono: number): void {
    const here = new Set<string>();
    const workers = new Map<string, number>();
    for (const { key, relay, site, workers: count } of links) {
      here.add(key);
      workers.set(relay, count);
      const known = this.#known.get(key);
      if (known) {
        known.away = null;
        known.heard = true;
      } else if (this.#known.size < MOST_RELAYS) {
        this.#store.putRelay({ key, site, seen: now });
        this.#known.set(key, { key, site, seen: now, away: null, heard: true });
      }
    }
    for (const [key, known] of this.#known) {
      if (here.has(key)) continue;
      // A relay that has fewer processes than it had.
      if (workerOfKey(key) >= (workers.get(relayOfKey(key)) ?? Number.POSITIVE_INFINITY)) {
        this.#store.forgetRelay(key);
        this.#known.delete(key);
      } else if (known.away === null) {
        this.#known.set(key, { ...known, away: mono, seen: now });
        this.#store.putRelay({ key, site: known.site, seen: now });
      }
    }
  }

  /** Whether a relay of that name was ever here. */
  knows(relay: string): boolean {
    return [...this.#known.keys()].some((key) => relayOfKey(key) === relay);
  }

  /** Those whose silence is an alert. @param isOut whether a relay is out of service */
  held(fleet: Fleet, isOut: (relay: string) => boolean, excused: Excused, mono: number): Held[] {
    const { relayAway, grace, labels } = this.#config;
    const silent = [...this.#known.values()].filter(({ key, away, heard }) => {
      const relay = relayOfKey(key);
      // After a start of this core relays come one by one, and wait between two tries.
      const patience = heard ? relayAway : Math.max(relayAway, grace);
      return away !== null && mono - away >= patience && !isOut(relay) && !excused.relay(relay);
    });
    if (silent.length === 0) return [];
    const hosts = new Map<string, number>();
    for (const { relays } of fleet.memories()) {
      for (const key in relays) if (relays[key]!.connected) hosts.set(key, (hosts.get(key) ?? 0) + 1);
    }
    return silent.map(({ key, site, seen }) => {
      const worker = workerOfKey(key);
      const behind = hosts.get(key) ?? 0;
      return {
        labels: {
          ...labels,
          alertname: 'RelaySilent',
          relay: relayOfKey(key),
          ...(site === '' ? {} : { site }),
          ...(worker === 0 ? {} : { worker: String(worker) }),
        },
        annotations: {
          summary: `${relayInWords(key)}${site === '' ? '' : ` in ${site}`} is silent; ${behind} hosts are behind it`,
          description: `It has had no connection to this core since ${new Date(seen).toISOString()}. Of the ${behind} hosts that it had nobody can say whether they live; what they measure waits with them or with the relay.`,
          since: new Date(seen).toISOString(),
          hosts: String(behind),
        },
        value: String(behind),
        eventAt: seen,
      };
    });
  }
}
