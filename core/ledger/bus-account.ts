import type { DatabaseSync } from 'node:sqlite';
import { Ranges } from '../../lib/ranges.ts';
import type { DataClass } from '../../proto/class.ts';
import { storeTransaction } from '../disk/transaction.ts';
import type { BusPlace, BusStanding } from '../ports/bus.ts';

/** What a process of a split core has taken from a partition of the bus, ever. JSON. */
export interface TakenPart {
  readonly class: DataClass;
  readonly partition: number;
  /** Offsets, from and to. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Lines or events of those whose frames this process has seen; of what was taken before, by others, it knows none. */
  readonly items: number;
  /** How many frames `items` are of. */
  readonly counted: number;
}

interface Part {
  readonly ranges: Ranges;
  items: number;
  counted: number;
}

/** Kept of what one of several gateways put on a partition: each send is one. Half of them go at a time. */
const MOST_STRETCHES = 2_000;
const SAVE_EVERY_MS = 2_000;

/**
 * Which records of the bus this process has taken, by their offsets, in the core's database. Written before the store has them: what a kill
 * leaves half done comes again, and is the same offset. So all processes together can say which records of the bus nobody has taken.
 */
export class BusAccount {
  readonly #state: DatabaseSync;
  readonly #table: string;
  readonly #mono: () => number;
  /** Written down at the next turn. */
  readonly #unsaved = new Map<DataClass, Set<number>>();
  #savedAt = Number.NEGATIVE_INFINITY;
  readonly #parts = new Map<string, Map<number, Part>>();
  readonly #begun: Set<string>;

  /**
   * @param state core.db, or for `bus_put` fleet.db
   * @param table what is written down: records taken from the bus, or records that the bus acknowledged to this process
   * @param mono ms
   */
  constructor(state: DatabaseSync, table: 'bus_taken' | 'bus_put' = 'bus_taken', mono = () => performance.now()) {
    this.#state = state;
    this.#table = table;
    this.#mono = mono;
    state.exec(`
      CREATE TABLE IF NOT EXISTS ${table} (class TEXT, partition INTEGER, ranges TEXT NOT NULL, items INTEGER NOT NULL,
        counted INTEGER NOT NULL, PRIMARY KEY (class, partition)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS bus_begun (class TEXT PRIMARY KEY) WITHOUT ROWID;
    `);
    this.#begun = new Set(
      state
        .prepare('SELECT class FROM bus_begun')
        .all()
        .map((row) => String(row.class)),
    );
    for (const row of state.prepare(`SELECT * FROM ${table}`).all()) {
      const { class: name, partition, ranges, items, counted } = row as Record<string, string | number>;
      const part = this.#part(String(name), Number(partition));
      for (const [from, to] of JSON.parse(String(ranges)) as [number, number][]) part.ranges.addRange(from, to);
      part.items = Number(items);
      part.counted = Number(counted);
    }
  }

  /** Whether `begin` was called for the class. */
  begun(dataClass: DataClass): boolean {
    return this.#begun.has(dataClass);
  }

  /** A process that is new takes what its group had done before as taken. Durable. @throws HeliographError HG_STORE_DISK */
  begin(dataClass: DataClass, standing: readonly Pick<BusStanding, 'partition' | 'done'>[]): void {
    const changed = standing.filter(({ done }) => done > 0);
    for (const { partition, done } of changed) this.#part(dataClass, partition).ranges.addRange(0, done - 1);
    this.#write(
      dataClass,
      changed.map(({ partition }) => partition),
      () => this.#state.prepare('INSERT OR IGNORE INTO bus_begun VALUES (?)').run(dataClass),
    );
    this.#begun.add(dataClass);
  }

  /** Records were given to this process. Durable. @param counts of each, its items @throws HeliographError HG_STORE_DISK */
  take(dataClass: DataClass, { partition, offsets }: BusPlace, counts: readonly number[]): void {
    const part = this.#part(dataClass, partition);
    let fresh = 0;
    for (const [i, offset] of offsets.entries()) {
      if (!part.ranges.add(offset)) continue;
      fresh++;
      part.items += counts[i]!;
    }
    part.counted += fresh;
    if (fresh > 0) this.#write(dataClass, [partition]);
  }

  /**
   * Records of these offsets, from and to, are acknowledged. What several gateways put on a partition lies between each other there, so only the
   * newest stretches are kept, and written down now and then: what is forgotten, or lost at a kill, is not looked for.
   * @throws HeliographError HG_STORE_DISK
   */
  put(dataClass: DataClass, partition: number, from: number, to: number): void {
    const part = this.#part(dataClass, partition);
    part.ranges.addRange(from, to);
    if (part.ranges.intervals > MOST_STRETCHES) {
      const kept = new Ranges(part.ranges.pairs().slice(-MOST_STRETCHES / 2));
      this.#parts.get(dataClass)!.set(partition, { ...part, ranges: kept });
    }
    const unsaved = this.#unsaved.get(dataClass) ?? new Set();
    this.#unsaved.set(dataClass, unsaved.add(partition));
    if (this.#mono() - this.#savedAt >= SAVE_EVERY_MS) this.save();
  }

  /** Writes down what is not yet. @throws HeliographError HG_STORE_DISK */
  save(): void {
    for (const [dataClass, partitions] of this.#unsaved) {
      this.#write(dataClass, [...partitions]);
      this.#unsaved.delete(dataClass);
    }
    this.#savedAt = this.#mono();
  }

  parts(): TakenPart[] {
    return [...this.#parts].flatMap(([name, parts]) =>
      [...parts].map(([partition, { ranges, items, counted }]) => ({
        class: name as DataClass,
        partition,
        ranges: ranges.pairs(),
        items,
        counted,
      })),
    );
  }

  #part(name: string, partition: number): Part {
    const parts = this.#parts.get(name) ?? new Map<number, Part>();
    this.#parts.set(name, parts);
    const there = parts.get(partition) ?? { ranges: new Ranges(), items: 0, counted: 0 };
    parts.set(partition, there);
    return there;
  }

  #write(name: DataClass, partitions: readonly number[], besides: () => void = () => undefined): void {
    storeTransaction(this.#state, this.#table === 'bus_taken' ? 'core.db' : 'fleet.db', () => {
      const write = this.#state.prepare(`INSERT OR REPLACE INTO ${this.#table} VALUES (?, ?, ?, ?, ?)`);
      for (const partition of partitions) {
        const { ranges, items, counted } = this.#part(name, partition);
        write.run(name, partition, JSON.stringify(ranges.pairs()), items, counted);
      }
      besides();
    });
  }
}
