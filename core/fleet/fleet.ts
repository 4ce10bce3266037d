import type { DatabaseSync } from 'node:sqlite';
import type { Status } from '../../proto/message.ts';
import type { FleetReport } from '../gateway/messages.ts';
import { type HostMemory, type HostView, NOT_WITH_RELAY, PUSH_SILENT_MS, stateOf, viewOf } from './host.ts';
import { HostSilence, isHeard } from './host-silence.ts';
import { HostTable } from './host-table.ts';
import { MOST_WORKERS, relayInWords, relayKey, relayOfKey, workerOfKey } from './relay-key.ts';
import { heardAt, isSame, newestConnection, type RelayView, type RelayViews } from './relay-view.ts';
import type { Silences } from './silences.ts';
import { UnreadStatuses } from './unread-statuses.ts';

/** A relay's stream as others need it: what can be sent down. */
export interface RelayLink {
  readonly relay: string;
  /** Of its process (relay-key.ts): a relay of several has a stream for each. */
  readonly key: string;
  /** How many of them take collectors in; a process with a higher number only delivers what it has. */
  readonly workers: number;
  readonly site: string;
  /** Since when the stream stands, ms. */
  readonly since: number;
  readonly software: string;
  sendDesired(host: string, document: Uint8Array): void;
  /** Asks for definitions, by their hashes. */
  need(hashes: readonly string[]): void;
}

export interface FleetEvent {
  readonly time: number;
  readonly host: string;
  readonly type: string;
  readonly relay: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface FleetOptions {
  /** Of core/state.ts, `openMemory`. */
  readonly memory: DatabaseSync;
  readonly now: () => number;
  /** Decodes a collector's status message. */
  readonly decodeStatus: (bytes: Uint8Array) => Status;
  /** Desired configuration of a host for a relay that holds it; undefined if there never was one. */
  readonly desired: (host: string) => Uint8Array | undefined;
  /** Remembers who was silent and when. */
  readonly silences: Silences;
  /** Told how many hosts that push were not remembered: there are `MOST_PUSHING` already. */
  readonly onTooMany: (hosts: number) => void;
  /** Told of a status that cannot be read. */
  readonly onBadStatus: (host: string, error: unknown) => void;
}

/** Events kept for the page; all of them are in the log store. */
const EVENTS_KEPT = 500;
const SEEN_TOLD_MS = 5_000;
/** A client that makes up names must not fill the memory. */
const MOST_PUSHING = 10_000;

/**
 * Who is out there: from the relays' reports, kept over restarts. A relay whose stream ends makes its hosts `unknown`,
 * not gone; a whole report after its return says what is true.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #hosts = new Map<string, HostMemory>();
  readonly #links = new Map<string, RelayLink>();
  readonly #table: HostTable;
  /** When each host last changed, by a number that only grows: whoever mirrors this fleet asks for what is newer. */
  readonly #changed = new Map<string, number>();
  #version = 0;
  readonly #toldSeen = new Map<string, number>();
  readonly #events: FleetEvent[] = [];
  readonly #unread = new UnreadStatuses((host, bytes) => {
    this.#status(this.#memory(host), bytes);
    this.#mark(host, false);
  });
  readonly #silence: HostSilence;
  #pushing = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#table = new HostTable(options.memory, options.now);
    this.#silence = new HostSilence(options.silences, options.now);
    for (const memory of this.#table.load()) {
      this.#hosts.set(memory.host, memory);
      this.#changed.set(memory.host, ++this.#version);
      if (memory.pushesSince !== undefined) this.#pushing++;
      this.#silence.loaded(memory);
    }
  }

  /** A relay's stream stands. The one before it of the same process, if any, is replaced. */
  relayCame(link: RelayLink): void {
    this.#links.set(link.key, link);
    this.#options.silences.end('relay', link.key, this.#options.now());
    this.#forgetWorkers(link);
  }

  /** A relay's stream ended; says nothing if a newer one stands already. */
  relayWent(link: RelayLink): void {
    if (this.#links.get(link.key) !== link) return;
    this.#links.delete(link.key);
    // One that only emptied its folder is not missed.
    if (workerOfKey(link.key) >= link.workers) return;
    const reason = `${relayInWords(link.key)} and this core were not connected`;
    this.#options.silences.begin('relay', link.key, this.#options.now(), reason);
  }

  /** What relays said of a host last. */
  views(host: string): RelayViews {
    return this.#hosts.get(host)?.relays ?? {};
  }

  relays(): RelayLink[] {
    return [...this.#links.values()];
  }

  /** What the relay says of its hosts; of a long report the statuses are read in pieces, a moment later. */
  report(link: RelayLink, report: FleetReport): void {
    const listed = new Set<string>();
    let read = 0;
    for (const said of report.hosts) {
      listed.add(said.host);
      const memory = this.#memory(said.host);
      const before = memory.relays[link.key];
      const newest = newestConnection(memory.relays, link.relay);
      // A late report of an older connection must not undo a newer one.
      if (before && said.connection < before.connection && !report.whole) continue;
      const heard = isHeard(memory);
      const { connected, since, reason, connection } = said;
      const view: RelayView = { connected, since, reason, connection, site: link.site };
      // What the host said on an older connection, to another worker, may come later than what it said since.
      const older = newest !== undefined && connection < newest.connection;
      const late = older && !report.whole;
      if (before && isSame(before, view)) view.heard = heardAt(before);
      else view.heard = older && !connected ? heardAt(newest) : this.#options.now();
      memory.relays[link.key] = view;
      this.#silence.changed(memory, heard);
      if (!late) memory.skew = said.clockSkewMs;
      if (said.connected) memory.lastSeen = Math.max(memory.lastSeen, this.#options.now());
      if (said.status.length > 0 && !late) {
        // The newest that came stands, also before an older one that still waits.
        this.#unread.forget(said.host);
        if (read++ < UnreadStatuses.atOnce) this.#status(memory, said.status);
        else this.#unread.put(said.host, said.status);
      }
      this.#mark(said.host, !isSame(before, view));
      const desired = said.connected ? this.#options.desired(said.host) : undefined;
      if (desired && (report.whole || !before?.connected)) link.sendDesired(said.host, desired);
    }
    if (!report.whole) return;
    for (const memory of this.#hosts.values()) {
      const view = memory.relays[link.key];
      if (!view?.connected || listed.has(memory.host)) continue;
      memory.relays[link.key] = {
        ...view,
        connected: false,
        since: this.#options.now(),
        heard: this.#options.now(),
        reason: NOT_WITH_RELAY,
      };
      this.#silence.changed(memory, true);
      this.#mark(memory.host, true);
    }
  }

  /** Data of a host came. */
  seen(host: string, received: number): void {
    const memory = this.#hosts.get(host);
    if (!memory || received <= memory.lastSeen) return;
    memory.lastSeen = received;
    // Every frame moves it; on disk a minute is near enough, for others some seconds.
    this.#table.later(host);
    if (received - (this.#toldSeen.get(host) ?? 0) < SEEN_TOLD_MS) return;
    this.#toldSeen.set(host, received);
    this.#changed.set(host, ++this.#version);
  }

  /** Data came by a door. A host of which no relay ever spoke is one that pushes. */
  pushed(hosts: ReadonlySet<string>, now: number): void {
    let over = 0;
    for (const host of hosts) {
      const memory = this.#hosts.get(host);
      if (memory) {
        if (memory.pushesSince !== undefined && now - memory.lastSeen > PUSH_SILENT_MS) memory.pushesSince = now;
        this.seen(host, now);
      } else if (this.#pushing < MOST_PUSHING) {
        this.#pushing++;
        this.#hosts.set(host, { host, relays: {}, skew: 0, lastSeen: now, status: null, pushesSince: now });
        this.#mark(host, true);
      } else over++;
    }
    if (over > 0) this.#options.onTooMany(over);
  }

  /** Hosts that changed after a version, all of them for 0, the version they make, and what time it is here, ms. */
  changedSince(version: number): { version: number; time: number; hosts: HostMemory[] } {
    const hosts: HostMemory[] = [];
    for (const [host, at] of this.#changed) if (at > version) hosts.push(this.#hosts.get(host)!);
    return { version: this.#version, time: this.#options.now(), hosts };
  }

  /**
   * What another process of this core knows of hosts: the newest word of each relay stands.
   * @param time what time it is there, ms; undefined: it is of a version that does not say when it heard a relay
   */
  mirror(hosts: readonly HostMemory[], time?: number): void {
    const ahead = time === undefined ? 0 : this.#options.now() - time;
    for (const other of hosts) {
      const memory = this.#memory(other.host);
      const heard = isHeard(memory);
      let moved = false;
      for (const [relay, view] of Object.entries(other.relays)) {
        const known = memory.relays[relay];
        if (known && view.since < known.since) continue;
        const same = isSame(known, view);
        moved ||= !same;
        // Told again it would be of another moment, by as much as the answer took.
        if (same && known?.heard !== undefined) continue;
        memory.relays[relay] = view.heard === undefined ? view : { ...view, heard: view.heard + ahead };
      }
      if (other.lastSeen >= memory.lastSeen) {
        memory.lastSeen = other.lastSeen;
        memory.skew = other.skew;
        memory.status = other.status ?? memory.status;
      }
      if (other.pushesSince !== undefined) memory.pushesSince = other.pushesSince;
      this.#silence.changed(memory, heard);
      this.#mark(other.host, moved);
    }
  }

  /** An event that came as an alert frame. */
  event(event: FleetEvent): void {
    this.#events.push(event);
    if (this.#events.length > EVENTS_KEPT) this.#events.splice(0, this.#events.length - EVENTS_KEPT);
  }

  events(): readonly FleetEvent[] {
    return this.#events;
  }

  hosts(): HostView[] {
    return [...this.#hosts.values()].map((memory) =>
      viewOf(memory, (relay) => !this.#links.has(relay), this.#options.now()),
    );
  }

  /** All of them as they are remembered, for who looks at them often; not to be changed. */
  memories(): IterableIterator<Readonly<HostMemory>> {
    return this.#hosts.values();
  }

  memoryOf(host: string): Readonly<HostMemory> | undefined {
    return this.#hosts.get(host);
  }

  /** Whether a relay's process is not connected, by its key. */
  isAway(key: string): boolean {
    return !this.#links.has(key);
  }

  /** How many hosts are in each state, without a view of each being made: it is asked for again and again. */
  states(): Record<HostView['state'], number> {
    const count = { connected: 0, gone: 0, unknown: 0 };
    const now = this.#options.now();
    for (const memory of this.#hosts.values()) count[stateOf(memory, (relay) => !this.#links.has(relay), now)]++;
    return count;
  }

  host(name: string): HostView | null {
    const memory = this.#hosts.get(name);
    return memory ? viewOf(memory, (relay) => !this.#links.has(relay), this.#options.now()) : null;
  }

  /** The relays' processes that ever spoke of a host, by their keys. */
  relaysOf(name: string): string[] {
    return Object.keys(this.#hosts.get(name)?.relays ?? {});
  }

  /** The last status of every host that sent one, for ledger and audit. */
  statuses(): { host: string; status: Status }[] {
    return [...this.#hosts.values()].flatMap(({ host, status }) => (status ? [{ host, status }] : []));
  }

  /** Sends a host's desired configuration to the relays that hold it. Returns their names. */
  sendDesired(host: string): string[] {
    const document = this.#options.desired(host);
    if (!document) return [];
    const sent = new Set<string>();
    for (const [key, view] of Object.entries(this.#hosts.get(host)?.relays ?? {})) {
      const link = this.#links.get(key);
      if (!link || !view.connected) continue;
      link.sendDesired(host, document);
      sent.add(relayOfKey(key));
    }
    return [...sent];
  }

  /**
   * Writes what is due, at most so many hosts, as HostTable has it; without a bound all that changed. When the disk refuses, it throws, and the same
   * is tried again by the next call.
   */
  save(most = Number.POSITIVE_INFINITY): void {
    for (const host of this.#silence.missing((name) => this.#memory(name))) this.#mark(host, true);
    this.#options.silences.save(most);
    this.#table.save(most, (host) => this.#hosts.get(host)!);
  }

  /** A relay that has fewer processes than it had: those that are no more have nobody, and are not missed. */
  #forgetWorkers({ relay, workers }: RelayLink): void {
    const now = this.#options.now();
    for (let worker = workers; worker < MOST_WORKERS; worker++) {
      const key = relayKey(relay, worker);
      if (!this.#links.has(key)) this.#options.silences.end('relay', key, now);
    }
    for (const memory of this.#hosts.values()) {
      for (const [key, view] of Object.entries(memory.relays)) {
        if (!view.connected || relayOfKey(key) !== relay || workerOfKey(key) < workers || this.#links.has(key))
          continue;
        memory.relays[key] = { ...view, connected: false, since: now, heard: now, reason: NOT_WITH_RELAY };
        this.#silence.changed(memory, true);
        this.#mark(memory.host, true);
      }
    }
  }

  /** @param soon false: what changed is what changes all the time */
  #mark(host: string, soon: boolean): void {
    if (soon) this.#table.soon(host);
    else this.#table.later(host);
    this.#changed.set(host, ++this.#version);
  }

  #memory(host: string): HostMemory {
    let memory = this.#hosts.get(host);
    if (!memory) {
      memory = { host, relays: {}, skew: 0, lastSeen: 0, status: null };
      this.#hosts.set(host, memory);
    }
    return memory;
  }

  #status(memory: HostMemory, bytes: Uint8Array): void {
    const first = memory.status === null;
    try {
      memory.status = this.#options.decodeStatus(bytes);
      // It says which version runs there; those that follow say little that is new.
      if (first) this.#table.soon(memory.host);
    } catch (error) {
      this.#options.onBadStatus(memory.host, error);
    }
  }
}
