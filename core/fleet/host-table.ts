import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../disk/transaction.ts';
import type { HostMemory } from './host.ts';

/** How long what moves all the time may wait, ms: a minute is near enough on disk. */
const LATER_MS = 60_000;
/** Those that are due so soon after one that is due are written with it, ms: a transaction has a price of its own. */
const TOGETHER_MS = 1_000;

/**
 * Hosts on disk (table `hosts` of core/state.ts, `openMemory`), and which of them are to be written. What relays say of connections is written
 * soon. A status comes from each host every few seconds, so it waits, and is written once for several. What a crash takes the relays say again.
 */
export class HostTable {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #soon = new Set<string>();
  /** When each is due, ms; the one that is due first stands first. */
  readonly #later = new Map<string, number>();

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  load(): HostMemory[] {
    const rows = this.#database.prepare('SELECT state FROM hosts').all() as unknown as { state: string }[];
    return rows.map(({ state }) => JSON.parse(state) as HostMemory);
  }

  /** It is written by the next `save`. */
  soon(host: string): void {
    this.#soon.add(host);
  }

  /** It is written within a minute. */
  later(host: string): void {
    if (!this.#later.has(host)) this.#later.set(host, this.#now() + LATER_MS);
  }

  /**
   * Writes what is due, at most so many: after a relay's whole report that is thousands, and nobody else may wait for them. Without a bound all that
   * changed is written. When the disk refuses, it throws, and the same is tried again by the next call.
   */
  save(most: number, memoryOf: (host: string) => HostMemory): void {
    const some = this.#due(most);
    if (some.length === 0) return;
    const write = this.#database.prepare(
      'INSERT INTO hosts VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET state = excluded.state',
    );
    transaction(this.#database, () => {
      for (const host of some) write.run(host, JSON.stringify(memoryOf(host)));
    });
    for (const host of some) {
      this.#soon.delete(host);
      this.#later.delete(host);
    }
  }

  #due(most: number): string[] {
    const some: string[] = [];
    for (const host of this.#soon) {
      if (some.length >= most) return some;
      some.push(host);
    }
    const all = most === Number.POSITIVE_INFINITY;
    const now = this.#now();
    const [first = Number.POSITIVE_INFINITY] = this.#later.values();
    if (!all && first > now) return some;
    for (const [host, due] of this.#later) {
      if (some.length >= most || (!all && due > now + TOGETHER_MS)) break;
      if (!this.#soon.has(host)) some.push(host);
    }
    return some;
  }
}
