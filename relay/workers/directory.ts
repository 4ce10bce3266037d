import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import type { Arrival, HostMemory } from '../part.ts';

/** How a worker is asked for a host; null: it does not answer in time, or cannot. */
export type AskWorker = (
  worker: number,
  host: string,
  connection: number,
) => Promise<{ memory: HostMemory; replaced: boolean } | null>;

interface Waiting {
  readonly worker: number;
  /** The worker's life: an answer to one that died meanwhile goes nowhere. */
  readonly life: number;
  readonly connection: number;
  readonly answer: (answer: Arrival) => void;
}

interface Entry {
  /** Who has the host's connection. */
  current: number | null;
  connection: number;
  /** Workers that may know something of the host that the others do not; who had it last at the end. */
  holders: number[];
  /** The arrival that is next, when the one that is served is done. */
  next: Waiting | null;
  busy: boolean;
}

const NO_ROOM: Arrival = { room: false, replaced: false, memories: [] };

/** An arrival whose memories are at the worker, but not on its disk yet. */
interface Unsaved {
  readonly host: string;
  readonly number: number;
}

/**
 * Which worker has which host. A host that comes is given to a worker when the others that know of it have ended its
 * older connection and told what they received of it: so at any time one worker has all of its history, and recognises
 * every repeat. A worker that is away just then is waited for, since its journal may hold what nobody else knows.
 */
export class Directory {
  readonly #ask: AskWorker;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  readonly #lives = new Map<number, number>();
  readonly #answered = new Map<number, number>();
  readonly #unsaved = new Map<number, Unsaved[]>();
  readonly #connected = new Map<number, number>();
  readonly #handOvers: Counter;
  readonly #log: Logger;
  readonly #clock: Clock;
  #open = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: { ask: AskWorker; connections: number; clock: Clock; log: Logger; metrics: Registry }) {
    this.#ask = options.ask;
    this.#limit = options.connections;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#handOvers = options.metrics.counter(
      'heliograph_relay_worker_hand_overs_total',
      'Hosts that came to another worker than before, by whether what the others knew of them came along.',
    );
  }

  /** Hosts connected at a worker, or at all of them. */
  connected(worker?: number): number {
    if (worker !== undefined) return this.#connected.get(worker) ?? 0;
    return [...this.#connected.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Hosts that are connected. */
  *here(): Generator<string> {
    for (const [host, { current }] of this.#entries) if (current !== null) yield host;
  }

  /** Those that are connected at a worker. */
  *hostsAt(worker: number): Generator<string> {
    for (const [host, { current }] of this.#entries) if (current === worker) yield host;
  }

  /** Whether a host is connected, or is just being let in: between two workers it is not away. */
  knows(host: string): boolean {
    const entry = this.#entries.get(host);
    return entry !== undefined && (entry.current !== null || entry.busy);
  }

  /** A worker stands, and knows these hosts. */
  up(worker: number, hosts: readonly string[]): void {
    // Its life began before: hosts may have come to its port already.
    for (const host of hosts) {
      const entry = this.#entry(host);
      if (!entry.holders.includes(worker)) entry.holders.unshift(worker);
    }
  }

  /** A worker's process is gone, and its connections with it; what it knew is in its folder. */
  down(worker: number): void {
    this.#lives.set(worker, this.#life(worker) + 1);
    this.#answered.delete(worker);
    this.#unsaved.delete(worker);
    for (const entry of this.#entries.values()) if (entry.current === worker) this.#leave(entry);
  }

  /** A host said CONNECT at a worker. */
  arrive(worker: number, host: string, connection: number, answer: (answer: Arrival) => void): void {
    const entry = this.#entry(host);
    // A host has one connection: where a newer one is here already, an older one that still waits was given up.
    const older = entry.next;
    if (older && this.#life(older.worker) === older.life) this.#answer(older, NO_ROOM);
    entry.next = { worker, life: this.#life(worker), connection, answer };
    if (this.#open && !entry.busy) void this.#serve(host, entry);
  }

  /** All workers stand and have said whom they know: before that, nobody can say who has to be asked. */
  open(): void {
    this.#open = true;
    for (const [host, entry] of this.#entries) {
      if (entry.next && !entry.busy) void this.#serve(host, entry);
    }
  }

  /** A host's connection at a worker ended. */
  left(worker: number, host: string, connection: number): void {
    const entry = this.#entries.get(host);
    if (entry?.current === worker && entry.connection === connection) this.#leave(entry);
  }

  /** A worker has on disk what it was told with its first `arrivals` arrivals: nobody else need be asked for those hosts. */
  learned(worker: number, arrivals: number): void {
    const list = this.#unsaved.get(worker);
    if (!list) return;
    const first = list.findIndex(({ number }) => number > arrivals);
    for (const { host } of list.splice(0, first < 0 ? list.length : first)) {
      const entry = this.#entries.get(host);
      if (entry && entry.holders.at(-1) === worker && !list.some((other) => other.host === host)) {
        entry.holders = [worker];
      }
    }
  }

  /** What of a worker's memory nobody else has yet. */
  heldBy(worker: number): string[] {
    return [...this.#entries].flatMap(([host, { holders }]) => (holders.includes(worker) ? [host] : []));
  }

  /** Another worker has durably what this one knew of these hosts. */
  moved(from: number, to: number, hosts: readonly string[]): void {
    for (const host of hosts) {
      const entry = this.#entries.get(host);
      if (!entry) continue;
      const others = entry.holders.filter((worker) => worker !== from);
      if (others.length < entry.holders.length && !others.includes(to)) others.unshift(to);
      entry.holders = others;
    }
  }

  async #serve(host: string, entry: Entry): Promise<void> {
    entry.busy = true;
    for (let next = entry.next; next; next = entry.next) {
      entry.next = null;
      if (this.#life(next.worker) !== next.life) continue;
      if (entry.current === null && this.connected() >= this.#limit) {
        this.#answer(next, NO_ROOM);
        continue;
      }
      await this.#give(host, entry, next);
    }
    entry.busy = false;
  }

  async #give(host: string, entry: Entry, { worker, life, connection, answer }: Waiting): Promise<void> {
    const others = entry.holders.filter((other) => other !== worker);
    // Nothing to wait for, and nothing to be awaited: most hosts come back to one that knows them, or are new.
    const told = others.length === 0 ? [] : await Promise.all(others.map((one) => this.#ask(one, host, connection)));
    const silent = others.filter((_, at) => told[at] === null);
    if (others.length > 0) this.#handOvers.inc({ result: silent.length > 0 ? 'unknown' : 'known' });
    if (silent.length > 0 && this.#clock.mono() - this.#toldAt > 10_000) {
      this.#toldAt = this.#clock.mono();
      this.#log.warn(
        'a worker did not say in time what it has of a host; what comes twice now is removed at the core',
        { host, workers: silent.join(',') },
      );
    }
    // Whoever had it has let go of it, whatever becomes of this arrival.
    if (entry.current !== null && entry.current !== worker) this.#leave(entry);
    if (this.#life(worker) !== life) return;
    // Others may have come while the workers were asked.
    if (entry.current === null && this.connected() >= this.#limit) {
      this.#answer({ worker, answer }, NO_ROOM);
      return;
    }
    const here = told.filter((one) => one !== null);
    // The one that had it connected ended that connection; the worker itself may have one too.
    const replaced = here.some((one) => one.replaced);
    if (entry.current !== null) this.#leave(entry);
    entry.current = worker;
    entry.connection = connection;
    entry.holders = [...others, worker];
    this.#connected.set(worker, this.connected(worker) + 1);
    const number = this.#answer(
      { worker, answer },
      { room: true, replaced, memories: here.map(({ memory }) => memory) },
    );
    // Who did not answer may still know what nobody else does.
    if (silent.length > 0 || others.length === 0) return;
    const list = this.#unsaved.get(worker);
    if (list) list.push({ host, number });
    else this.#unsaved.set(worker, [{ host, number }]);
  }

  #answer({ worker, answer }: Pick<Waiting, 'worker' | 'answer'>, said: Arrival): number {
    const number = (this.#answered.get(worker) ?? 0) + 1;
    this.#answered.set(worker, number);
    answer(said);
    return number;
  }

  /** How often its process has ended. */
  #life(worker: number): number {
    return this.#lives.get(worker) ?? 0;
  }

  #leave(entry: Entry): void {
    this.#connected.set(entry.current!, this.connected(entry.current!) - 1);
    entry.current = null;
  }

  #entry(host: string): Entry {
    let entry = this.#entries.get(host);
    if (!entry) {
      entry = { current: null, connection: 0, holders: [], next: null, busy: false };
      this.#entries.set(host, entry);
    }
    return entry;
  }
}
