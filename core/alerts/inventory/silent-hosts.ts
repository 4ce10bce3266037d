import { type HostMemory, NOT_WITH_RELAY } from '../../fleet/host.ts';
import { relayOfKey } from '../../fleet/relay-key.ts';
import type { Alert, Held } from '../alert.ts';
import type { HostsConfig } from './config.ts';
import type { ExpectedHosts } from './expected-hosts.ts';
import { hostAlert, overflowAlert } from './host-alerts.ts';
import type { InventoryStore } from './inventory-store.ts';
import type { Excused } from './maintenance.ts';
import { type OpenGroup, SilentGroups } from './silent-groups.ts';
import { neverHeard, type SilentHost, silentHost, speakerOf, standingOf } from './standing.ts';

/** While hosts come back to a relay that was away, the others are waited for: so long after the last one, and so many times `grace` in all. */
const COMING_MS = 20_000;
const MOST_GRACES = 10;
/** A host that was sent to another relay, or whose place another connection took, is about to be heard again, ms. */
const UNDER_WAY_MS = 15_000;
const UNDER_WAY = new Set(['drained', 'moved', 'replaced']);

export interface SilentHostsParts {
  readonly config: HostsConfig;
  readonly store: InventoryStore;
  readonly expected: ExpectedHosts;
}

/** What is looked at, all at one moment. */
export interface Look {
  readonly hosts: Iterable<Readonly<HostMemory>>;
  readonly memoryOf: (host: string) => Readonly<HostMemory> | undefined;
  readonly isAway: (key: string) => boolean;
  readonly excused: Excused;
  /** ms since the epoch. */
  readonly now: number;
  /** ms on a clock that never steps. */
  readonly mono: number;
}

/** A host that is silent and is in no alert yet. */
interface Waiting {
  readonly since: number;
  silent: SilentHost;
}

/** For people: a silent host, and what became of it. */
export interface SilentRow extends SilentHost {
  readonly state: 'waiting' | 'alert' | 'group' | 'beyond';
}

/** Hosts that should be heard and are not: which of them are an alert of their own, and which are many that went together. */
export class SilentHosts {
  readonly #parts: SilentHostsParts;
  readonly #groups: SilentGroups;
  /** When a host was first found silent, on the clock of `mono`. */
  readonly #waiting = new Map<string, Waiting>();
  /** Alerts of single hosts, and when they began on the clock of `mono`. */
  readonly #single = new Map<
    string,
    { readonly held: Held; readonly relay: string; readonly at: number; silent: SilentHost | null }
  >();
  /** Silent hosts for which there is no room. */
  readonly #beyond = new Map<string, SilentHost>();
  readonly #firsts: Map<string, number>;
  /** By relay: hosts that are missing since it was away, how many there were at the last look, and when one of them came last. */
  readonly #missing = new Map<string, { count: number; cameAt: number }>();
  readonly #start: number;
  #changed = true;
  expectedCount = 0;

  /** @param before alerts of single hosts from before this start */
  constructor(parts: SilentHostsParts, before: Iterable<Alert>, mono: number) {
    this.#parts = parts;
    this.#start = mono;
    this.#firsts = parts.store.firsts();
    this.#groups = new SilentGroups(parts.store, parts.config);
    for (const { labels, annotations, value, eventAt, state } of before) {
      const host = labels.instance;
      if (host === undefined || state === 'resolved') continue;
      const held = { labels, annotations, value, eventAt };
      this.#single.set(host, { held, relay: labels.relay ?? '', at: Number.NEGATIVE_INFINITY, silent: null });
    }
  }

  /**
   * Looks at all hosts. @returns whether there is something else to hold than after the last look
   * @throws HeliographError HG_STORE_DISK
   */
  look(look: Look): boolean {
    const { expected } = this.#parts;
    const silent = new Map<string, SilentHost>();
    const doubtful = new Set<string>();
    const sizes = new Map<string, number>();
    let count = 0;
    for (const memory of look.hosts) {
      if (!this.#isExpected(memory, look)) continue;
      count++;
      const speaker = speakerOf(memory, look.isAway);
      const relay = speaker === null ? '' : relayOfKey(speaker);
      sizes.set(relay, (sizes.get(relay) ?? 0) + 1);
      // So it is with most of them.
      if (speaker !== null && memory.relays[speaker]!.connected && !look.isAway(speaker)) continue;
      const standing = standingOf(memory, look.isAway, look.now);
      if (standing === 'silent') silent.set(memory.host, silentHost(memory, speaker, look.now));
      else if (standing === 'unknown') {
        // Of a relay that is out of service nobody will ever hear more.
        if (expected.isOut(relay))
          silent.set(memory.host, {
            ...silentHost(memory, speaker, look.now),
            why: 'its relay was taken out of service',
          });
        else doubtful.add(memory.host);
      }
    }
    count += this.#neverSeen(look, silent);
    this.expectedCount = count;
    this.#forget(silent, doubtful);
    this.#found(silent, look);
    this.#raise(look, sizes);
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  single(): Held[] {
    return [...this.#single.values()].map(({ held }) => held);
  }

  grouped(): Held[] {
    return this.#groups.held();
  }

  beyond(): Held[] {
    return this.#beyond.size === 0 ? [] : [overflowAlert(this.#beyond, this.#parts.config)];
  }

  /** Something could not be held: it is to be tried again. */
  again(): void {
    this.#changed = true;
  }

  *rows(): Generator<SilentRow> {
    for (const { silent } of this.#single.values()) if (silent) yield { ...silent, state: 'alert' };
    for (const silent of this.#groups.silent()) yield { ...silent, state: 'group' };
    for (const silent of this.#beyond.values()) yield { ...silent, state: 'beyond' };
    for (const { silent } of this.#waiting.values()) yield { ...silent, state: 'waiting' };
  }

  #isExpected(memory: Readonly<HostMemory>, { excused }: Look): boolean {
    const { expected, config } = this.#parts;
    const { host, relays, pushesSince } = memory;
    if (!expected.listed.has(host)) {
      if (config.seen === 'none') return false;
      let spoken = false;
      for (const _ in relays) {
        spoken = true;
        break;
      }
      if (config.seen === 'collectors' && !spoken && pushesSince !== undefined) return false;
    }
    if (expected.isOut(host) || excused.host(host)) return false;
    let revoked = false;
    for (const key in relays) {
      const view = relays[key]!;
      if (view.connected) return true;
      revoked ||= view.reason === 'revoked';
      if (excused.relay(relayOfKey(key))) return false;
    }
    return !revoked;
  }

  /** Those that are listed and of whom nobody ever heard. @returns how many */
  #neverSeen({ memoryOf, excused, now }: Look, silent: Map<string, SilentHost>): number {
    const { expected, config, store } = this.#parts;
    const come = new Map<string, number>();
    let count = 0;
    for (const host of expected.listed) {
      if (memoryOf(host)) continue;
      if (expected.isOut(host) || excused.host(host)) continue;
      count++;
      const first = this.#firsts.get(host);
      if (first === undefined) come.set(host, now);
      else if (now - first >= config.arrival) silent.set(host, neverHeard(host, first));
    }
    const gone = [...this.#firsts.keys()].filter((host) => !expected.listed.has(host) || memoryOf(host));
    store.setFirsts(come, gone);
    for (const [host, at] of come) this.#firsts.set(host, at);
    for (const host of gone) this.#firsts.delete(host);
    return count;
  }

  #forget(silent: ReadonlyMap<string, SilentHost>, doubtful: ReadonlySet<string>): void {
    for (const host of this.#waiting.keys()) if (!silent.has(host)) this.#waiting.delete(host);
    for (const host of this.#beyond.keys()) {
      if (silent.has(host) || doubtful.has(host)) continue;
      this.#beyond.delete(host);
      this.#changed = true;
    }
    for (const [host, single] of this.#single) {
      const now = silent.get(host);
      if (now) single.silent = now;
      if (now || doubtful.has(host)) continue;
      this.#single.delete(host);
      this.#changed = true;
    }
    if (this.#groups.keep(silent, doubtful)) this.#changed = true;
  }

  #found(silent: ReadonlyMap<string, SilentHost>, { mono }: Look): void {
    const missing = new Map<string, number>();
    for (const [host, one] of silent) {
      if (one.reason === NOT_WITH_RELAY) missing.set(one.relay, (missing.get(one.relay) ?? 0) + 1);
      if (this.#single.has(host) || this.#beyond.has(host) || this.#groups.has(host)) continue;
      const waiting = this.#waiting.get(host);
      if (waiting) waiting.silent = one;
      else this.#waiting.set(host, { since: mono, silent: one });
    }
    for (const relay of this.#missing.keys()) if (!missing.has(relay)) this.#missing.delete(relay);
    for (const [relay, count] of missing) {
      const before = this.#missing.get(relay);
      if (!before) this.#missing.set(relay, { count, cameAt: Number.NEGATIVE_INFINITY });
      else {
        if (count < before.count) before.cameAt = mono;
        before.count = count;
      }
    }
  }

  /** Whether the time has come to tell of a silent host. */
  #isDue({ since, silent }: Waiting, mono: number): boolean {
    const { settle, grace } = this.#parts.config;
    const { reason, relay } = silent;
    const waited = mono - since;
    if (waited < settle) return false;
    if (UNDER_WAY.has(reason)) return waited >= UNDER_WAY_MS;
    if (reason !== NOT_WITH_RELAY) return true;
    if (waited >= MOST_GRACES * grace) return true;
    const cameAt = this.#missing.get(relay)?.cameAt ?? Number.NEGATIVE_INFINITY;
    return waited >= grace && mono - cameAt >= COMING_MS;
  }

  #raise(look: Look, sizes: ReadonlyMap<string, number>): void {
    const { mono } = look;
    const { config } = this.#parts;
    // What this core remembers of before its start may be old; what was said since is not.
    const starting = mono - this.#start < config.grace;
    const due = new Map<string, string[]>();
    for (const [host, waiting] of this.#waiting) {
      if (!this.#isDue(waiting, mono)) continue;
      if (starting && !this.#saidSinceStart(waiting, look)) continue;
      const { relay } = waiting.silent;
      const list = due.get(relay);
      if (list) list.push(host);
      else due.set(relay, [host]);
    }
    for (const [relay, hosts] of due) {
      this.#changed = true;
      const group = this.#groupFor(relay, hosts, sizes.get(relay) ?? 0, look);
      if (group) this.#join(group, relay, hosts, mono);
      else for (const host of hosts) this.#alone(host, mono);
    }
  }

  #saidSinceStart({ silent }: Waiting, { now, mono }: Look): boolean {
    return silent.reason !== 'never' && silent.since !== null && silent.since >= now - (mono - this.#start);
  }

  /** The group that hosts belong to which are due; null: each is on its own. */
  #groupFor(relay: string, due: readonly string[], size: number, { mono, now }: Look): OpenGroup | null {
    const { together } = this.#parts.config;
    const open = this.#groups.recent(relay, mono - together.within);
    if (open) return open;
    let recent = new Set([...due, ...this.#unalerted(relay)]).size;
    let silent = recent;
    for (const single of this.#single.values()) {
      if (single.relay !== relay) continue;
      silent++;
      if (mono - single.at <= together.within) recent++;
    }
    const many = recent >= together.hosts || (silent >= together.hosts && silent >= together.share * size);
    if (!many) return null;
    const site = this.#waiting.get(due[0]!)!.silent.site;
    return this.#groups.begin(relay, site, size, now, mono);
  }

  /** Hosts of a relay that would be due in a moment: they belong to the others that are. */
  #unalerted(relay: string): string[] {
    return [...this.#waiting].flatMap(([host, { silent }]) =>
      silent.relay === relay && !UNDER_WAY.has(silent.reason) && silent.reason !== NOT_WITH_RELAY ? [host] : [],
    );
  }

  #join(group: OpenGroup, relay: string, due: readonly string[], mono: number): void {
    const joining: SilentHost[] = [];
    for (const host of new Set([...due, ...this.#unalerted(relay)])) {
      joining.push(this.#waiting.get(host)!.silent);
      this.#waiting.delete(host);
    }
    this.#groups.join(group, joining, mono);
  }

  #alone(host: string, mono: number): void {
    const { silent } = this.#waiting.get(host)!;
    this.#waiting.delete(host);
    if (this.#single.size >= this.#parts.config.most) this.#beyond.set(host, silent);
    else this.#single.set(host, { held: hostAlert(silent, this.#parts.config), relay: silent.relay, at: mono, silent });
  }
}
