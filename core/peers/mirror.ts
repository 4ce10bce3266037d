import { setTimeout as wait } from 'node:timers/promises';
import { HeliographError } from '../../lib/errors.ts';
import type { Ledger } from '../../lib/ledger.ts';
import type { Logger } from '../../lib/log.ts';
import type { Health } from '../api/health.ts';
import type { DesiredStore } from '../fleet/desired.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { type FreshnessView, slowestOf } from '../freshness/freshness.ts';
import { GROUP } from '../indexer/indexer.ts';
import type { BusMemory } from '../ledger/bus-memory.ts';
import type { Gaps } from '../ledger/gaps.ts';
import type { Reports } from '../ledger/reports.ts';
import type { CoreAccounts } from '../ledger/view.ts';
import type { HeldOrders } from '../limits/answer.ts';
import type { OrderDesk } from '../limits/order-desk.ts';
import type { Bus } from '../ports/bus.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import { takesSamples } from '../roles.ts';
import type { LogTail } from '../tail/log-tail.ts';
import { BusWatch, type HeardSide } from './bus-watch.ts';
import type { PeerClient } from './client.ts';
import { PeerLink } from './peer-link.ts';
import type { PeerState } from './state.ts';

export interface MirrorParts {
  readonly peers: readonly PeerClient[];
  /** What this process itself knows, where it has other roles beside the console. */
  readonly own: CoreAccounts;
  readonly ownFreshness: { view(): FreshnessView };
  readonly fleet: Fleet;
  readonly gaps: Gaps;
  readonly desired: DesiredStore;
  readonly orders: OrderDesk;
  readonly reports: Reports;
  readonly busMemory: BusMemory;
  readonly tail: LogTail;
  readonly bus: Bus;
  readonly health: Health;
  readonly log: Logger;
  readonly now: () => number;
}

const EVERY_MS = 1_000;
const LOOK_EVERY_MS = 100;
const MOST_EVENTS = 10_000;

/** What a peer last said. */
interface Heard {
  readonly client: PeerClient;
  state: PeerState | null;
  readonly links: Map<string, PeerLink>;
  tailing: AbortController | null;
  /** When it last answered, by our clock. */
  heard: number;
  here: boolean;
  /** It is being told what is wanted of hosts, and has to be once more. */
  sending: boolean;
  again: boolean;
  /** That it knows no orders of levels was said. */
  older: boolean;
}

/**
 * The console's view of a split core: every second it asks the gateways and indexers what is new, and its own fleet, gaps, ledger, freshness and
 * live tail become those of all of them. A peer that does not answer is named on /healthz; what it last said of its account stands.
 */
export class PeerMirror implements CoreAccounts {
  readonly #parts: MirrorParts;
  readonly #peers: readonly Heard[];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[];
  readonly #events = new Set<string>();
  readonly #watch: BusWatch;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#peers = parts.peers.map((client) => ({
      client,
      state: null,
      links: new Map(),
      tailing: null,
      heard: 0,
      here: false,
      sending: false,
      again: false,
      older: false,
    }));
    this.#watch = new BusWatch(parts.bus, parts.now, parts.busMemory);
    parts.orders.onChange(() => {
      for (const peer of this.#peers) void this.#sendOrders(peer);
    });
    this.#running = [...this.#peers.map((peer) => this.#follow(peer)), this.#lookAtBus()];
  }

  cores(): ReturnType<CoreAccounts['cores']> {
    const { own, reports } = this.#parts;
    const mine = own.cores().filter(({ takes, indexes }) => takes || indexes);
    return [...mine, ...reports.cores()];
  }

  bus(): ReturnType<CoreAccounts['bus']> {
    return this.#parts.own.bus();
  }

  busHops(): ReturnType<CoreAccounts['busHops']> {
    return this.#watch.hops();
  }

  doors(): Ledger[] {
    return [...this.#parts.own.doors(), ...this.#parts.reports.cores().flatMap(({ doors }) => doors)];
  }

  /** Of each relay's process the newest report: it reports to the gateway it is with. */
  relays(): Ledger[] {
    const newest = new Map<string, Ledger>();
    const all = [...this.#parts.own.relays(), ...this.#parts.reports.cores().flatMap(({ relays }) => relays)];
    for (const ledger of all) {
      const known = newest.get(ledger.name);
      if (!known || known.time < ledger.time) newest.set(ledger.name, ledger);
    }
    return [...newest.values()];
  }

  /** @throws HeliographError HG_PEER: without one of them frames would look lost that are not */
  async sequences(): Promise<SequenceRanges[]> {
    const asked = await Promise.all(this.#peers.map(({ client }) => client.sequences()));
    return [...(await this.#parts.own.sequences()), ...asked.flat()];
  }

  async indexed(withinMs: number): Promise<number> {
    const { bus, now } = this.#parts;
    const until = now() + withinMs;
    for (;;) {
      const lag = (await bus.lag()).filter(({ group }) => group === GROUP);
      const left = lag.reduce((sum, { records }) => sum + records, 0);
      if (left === 0 || now() >= until) return left;
      await wait(LOOK_EVERY_MS);
    }
  }

  view(): FreshnessView {
    return slowestOf([this.#parts.ownFreshness.view(), ...this.#states().map(({ freshness }) => freshness)]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const { tailing } of this.#peers) tailing?.abort();
    await Promise.all(this.#peers.map(({ client }) => client.close()));
    await Promise.all(this.#running);
  }

  #states(): PeerState[] {
    return this.#peers.flatMap(({ state }) => state ?? []);
  }

  async #lookAtBus(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#watch.look(this.#sides());
      await wait(EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** Null when one of them does not say what it put on the bus and took from it. */
  #sides(): HeardSide[] | null {
    const { own, reports, now } = this.#parts;
    const repeatedOf = (ledger: Ledger) =>
      new Map(ledger.entries.map(({ class: name, repeated }) => [name, repeated] as const));
    const sides: HeardSide[] = [];
    for (const { client, heard, here } of this.#peers) {
      const report = reports.core(client.address);
      if (!report?.bus) return null;
      // Of the bus: a gateway's own repeats are those of samples and dead letters.
      const repeated = report.indexes && !report.takes ? repeatedOf(report.ledger) : new Map();
      sides.push({ side: report.bus, repeated, heard, here });
    }
    const mine = own.cores().filter(({ takes, indexes }) => takes || indexes);
    const side = own.bus();
    if (mine.length > 0 && side === null) return null;
    if (mine.length > 0 && side !== null) {
      const [{ ledger, takes }] = mine as [(typeof mine)[number]];
      sides.push({ side, repeated: takes ? new Map() : repeatedOf(ledger), heard: now() + 1, here: true });
    }
    return sides;
  }

  async #follow(peer: Heard): Promise<void> {
    const { health, log } = this.#parts;
    const part = `peer ${peer.client.address}`;
    health.begin(part);
    while (!this.#stop.signal.aborted) {
      try {
        await this.#hear(peer);
        this.#tail(peer);
        peer.here = true;
        this.#mirrorHeld();
        health.well(part);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        peer.here = false;
        this.#mirrorHeld();
        for (const link of peer.links.values()) this.#parts.fleet.relayWent(link);
        peer.links.clear();
        if (health.ill(part, String(error))) {
          log.warn('another process of this core does not answer', {
            peer: peer.client.address,
            'error.message': String(error),
          });
        }
      }
      // Told to stop: the loop looks.
      await wait(EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #hear(peer: Heard): Promise<void> {
    const { fleet, gaps, desired, reports } = this.#parts;
    const { client, state: before } = peer;
    const known = before
      ? { run: before.run, hosts: before.hosts.version, gaps: before.gaps.count }
      : { run: '', hosts: 0, gaps: -1 };
    const asked = this.#parts.now();
    const state = await client.state(known);
    const twin = this.#peers.find((other) => other !== peer && other.state?.name === state.name);
    if (twin) {
      throw new HeliographError(
        'HG_PEER',
        `${client.address} and ${twin.client.address} are both named ${state.name}: give each process its own \`name\``,
      );
    }
    const relays = new Set(state.relays.map(({ relay }) => relay));
    for (const relay of state.relays) {
      const there = peer.links.get(relay.relay);
      if (there?.since === relay.since) continue;
      const link = new PeerLink(relay, () => void this.#sendWanted(peer));
      peer.links.set(relay.relay, link);
      fleet.relayCame(link);
    }
    for (const [relay, link] of peer.links) {
      if (relays.has(relay)) continue;
      peer.links.delete(relay);
      fleet.relayWent(link);
    }
    fleet.mirror(state.hosts.changed, state.hosts.time);
    for (const event of state.events) {
      const name = JSON.stringify([event.time, event.host, event.type, event.relay]);
      if (this.#events.has(name)) continue;
      this.#events.add(name);
      fleet.event(event);
    }
    // The oldest go: a peer tells its newest 500 with every answer.
    for (const name of this.#events) {
      if (this.#events.size <= MOST_EVENTS) break;
      this.#events.delete(name);
    }
    if (state.gaps.list) gaps.add(state.gaps.list);
    reports.takeCore(client.address, {
      name: state.name,
      ledger: state.account,
      takes: takesSamples(state.roles),
      indexes: state.roles.includes('indexer'),
      doors: state.doors,
      relays: state.reports,
      bus: state.bus ?? null,
    });
    peer.heard = asked;
    peer.state = state;
    if (!state.roles.includes('gateway')) return;
    // A version that has no orders of levels is behind with nothing.
    const { levels = Number.POSITIVE_INFINITY } = state;
    if (state.desired < desired.newest() || levels < desired.levels.newest()) await this.#sendWanted(peer);
    if (state.orders && state.orders.version !== this.#parts.orders.version()) await this.#sendOrders(peer);
  }

  /** What relays hold, of all gateways. */
  #mirrorHeld(): void {
    const { orders } = this.#parts;
    const gateways = this.#peers.flatMap(({ state, here }) =>
      here && state?.orders && state.roles.includes('gateway') ? [state.orders] : [],
    );
    orders.mirror(new Map<string, HeldOrders | null>(gateways.flatMap(({ held }) => held)));
    orders.mirrorDoors(gateways.map(({ doors }) => doors ?? false));
  }

  async #sendOrders(peer: Heard): Promise<void> {
    // Of a version that has none, or an indexer: it carries nothing out.
    if (!peer.state?.orders || !peer.state.roles.includes('gateway')) return;
    try {
      this.#parts.orders.adopt(await peer.client.putOrders(this.#parts.orders.rows()));
    } catch (error) {
      // It is told again with the next look, which finds it behind.
      this.#parts.log.warn('a gateway was not told of blocks and caps', { 'error.message': String(error) });
    }
  }

  /** Documents and orders of levels; once more afterwards if it is asked for meanwhile. */
  async #sendWanted(peer: Heard): Promise<void> {
    peer.again = true;
    if (peer.sending) return;
    peer.sending = true;
    const { desired, log } = this.#parts;
    try {
      while (peer.again) {
        peer.again = false;
        await peer.client.putDesired(desired.all());
        if (peer.state?.levels !== undefined) await peer.client.putLevels(desired.levels.rows());
        else if (desired.levels.newest() > 0 && !peer.older) {
          peer.older = true;
          log.warn('a gateway of an older version takes no orders of levels', { peer: peer.client.address });
        }
      }
    } catch (error) {
      // It is told again with the next look, which finds it behind.
      log.warn('a gateway was not told what is wanted of a host', { 'error.message': String(error) });
    } finally {
      peer.sending = false;
    }
  }

  /** Follows a peer's lines while somebody looks at the tail here. */
  #tail(peer: Heard): void {
    const { tail, log } = this.#parts;
    const wanted = tail.heard && (peer.state?.roles.includes('indexer') ?? false);
    if (!wanted) {
      peer.tailing?.abort();
      peer.tailing = null;
      return;
    }
    if (peer.tailing) return;
    const stop = new AbortController();
    peer.tailing = stop;
    const follow = async () => {
      for await (const lines of peer.client.tail(stop.signal)) tail.relayed(lines);
    };
    follow()
      .catch((error: unknown) => {
        if (!stop.signal.aborted)
          log.warn('the live lines of an indexer broke off', { 'error.message': String(error) });
      })
      .finally(() => {
        if (peer.tailing === stop) peer.tailing = null;
      });
  }
}
