import type { Held } from '../alert.ts';
import type { HostsConfig } from './config.ts';
import { groupAlert } from './host-alerts.ts';
import type { InventoryStore } from './inventory-store.ts';
import type { SilentHost } from './standing.ts';

/** Groups at once; whoever goes beyond joins the last of its relay. */
const MOST_GROUPS = 1000;

/** Hosts of one relay that went silent together. */
export interface OpenGroup {
  readonly relay: string;
  readonly site: string;
  readonly since: string;
  readonly size: number;
  /** When a host joined last, on the clock of `mono`. */
  joinedAt: number;
  went: number;
  readonly hosts: Map<string, SilentHost | null>;
}

/** Groups of hosts that went silent together: each is one alert, from the first host that went to the last that is back. */
export class SilentGroups {
  readonly #store: InventoryStore;
  readonly #config: HostsConfig;
  readonly #groups = new Set<OpenGroup>();
  readonly #ofHost = new Map<string, OpenGroup>();

  constructor(store: InventoryStore, config: HostsConfig) {
    this.#store = store;
    this.#config = config;
    for (const { relay, site, since, hosts } of store.groups()) {
      const group: OpenGroup = {
        ...{ relay, site, since, size: 0, joinedAt: Number.NEGATIVE_INFINITY, went: hosts.length },
        hosts: new Map(hosts.map((host) => [host, null])),
      };
      this.#groups.add(group);
      for (const host of hosts) this.#ofHost.set(host, group);
    }
  }

  has(host: string): boolean {
    return this.#ofHost.has(host);
  }

  /** The group of a relay that hosts still join. @param after on the clock of `mono` */
  recent(relay: string, after: number): OpenGroup | null {
    let last: OpenGroup | null = null;
    for (const group of this.#groups) {
      if (group.relay === relay && (last === null || group.joinedAt >= last.joinedAt)) last = group;
    }
    return last !== null && (last.joinedAt >= after || this.#groups.size >= MOST_GROUPS) ? last : null;
  }

  begin(relay: string, site: string, size: number, now: number, mono: number): OpenGroup {
    const group: OpenGroup = {
      ...{ relay, site, since: new Date(now).toISOString(), size, joinedAt: mono, went: 0 },
      hosts: new Map(),
    };
    this.#groups.add(group);
    return group;
  }

  /** @throws HeliographError HG_STORE_DISK */
  join(group: OpenGroup, hosts: readonly SilentHost[], mono: number): void {
    for (const silent of hosts) {
      group.hosts.set(silent.host, silent);
      this.#ofHost.set(silent.host, group);
    }
    group.went += hosts.length;
    group.joinedAt = mono;
    this.#keep(group);
  }

  /**
   * Lets go of who is heard again. @param silent those that are silent now @param doubtful of whom nobody can say
   * @returns whether anything changed @throws HeliographError HG_STORE_DISK
   */
  keep(silent: ReadonlyMap<string, SilentHost>, doubtful: ReadonlySet<string>): boolean {
    let changed = false;
    for (const group of this.#groups) {
      const before = group.hosts.size;
      for (const host of group.hosts.keys()) {
        const now = silent.get(host);
        if (now) group.hosts.set(host, now);
        else if (!doubtful.has(host)) {
          group.hosts.delete(host);
          this.#ofHost.delete(host);
        }
      }
      if (group.hosts.size === before) continue;
      changed = true;
      this.#keep(group);
      if (group.hosts.size === 0) this.#groups.delete(group);
    }
    return changed;
  }

  held(): Held[] {
    return [...this.#groups].map(({ relay, site, since, size, went, hosts }) => {
      const silent = [...hosts].map(([host, one]) => one ?? unheardOf(host, relay, site));
      return groupAlert({ relay, site, since, size, went, silent }, this.#config);
    });
  }

  *silent(): Generator<SilentHost> {
    for (const { hosts, relay, site } of this.#groups) {
      for (const [host, silent] of hosts) yield silent ?? unheardOf(host, relay, site);
    }
  }

  #keep({ relay, site, since, hosts }: OpenGroup): void {
    this.#store.putGroup({ relay, site, since, hosts: [...hosts.keys()] });
  }
}

/** After a start of this core, while its relay has not said anything. */
function unheardOf(host: string, relay: string, site: string): SilentHost {
  return { host, relay, site, since: null, reason: '', why: 'it was silent before this core started' };
}
