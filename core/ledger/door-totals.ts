import type { DatabaseSync } from 'node:sqlite';
import { emptyLedger, type Ledger } from '../../lib/ledger.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { databaseError } from '../disk/damage.ts';
import type { LateWrites } from './late-writes.ts';

/** What stands for a relay on frames that came by a door of this core; no relay can have that name. */
export const DOOR = '(door)';

/**
 * What came into the stores by doors, by class and without repeats. The hop from relays to core is held against the relays'
 * accounts, and doors send beside them. It is counted after the store has the data: a kill in between makes the core look ahead
 * by a frame, never behind.
 */
export class DoorTotals {
  readonly #add: ReturnType<DatabaseSync['prepare']>;
  readonly #table: string;
  readonly #late: Pick<LateWrites, 'write'>;
  readonly #totals = new Map<DataClass, { frames: number; items: number }>();
  /** Counted and not written down yet. */
  readonly #owed = new Map<DataClass, { frames: number; items: number }>();

  /** `memory` of core/state.ts. @param table what is counted: what came by doors, or what was put on the bus for others, or what of that the bus acknowledged */
  constructor(
    memory: DatabaseSync,
    late: Pick<LateWrites, 'write'>,
    table: 'doors' | 'published' | 'acknowledged' = 'doors',
  ) {
    this.#table = table;
    this.#late = late;
    memory.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (class TEXT PRIMARY KEY, frames INTEGER NOT NULL, items INTEGER NOT NULL) WITHOUT ROWID`,
    );
    this.#add = memory.prepare(
      `INSERT INTO ${table} VALUES (?, ?, ?) ON CONFLICT (class) DO UPDATE SET frames = frames + excluded.frames, items = items + excluded.items`,
    );
    for (const row of memory.prepare(`SELECT class, frames, items FROM ${table}`).all()) {
      const { class: name, frames, items } = row as { class: DataClass; frames: number; items: number };
      this.#totals.set(name, { frames, items });
    }
  }

  /** Before something is done: what cannot be written down is not counted. @throws HeliographError HG_STORE_DISK, HG_STORE_DAMAGED */
  add(dataClass: DataClass, items: number, frames = 1): void {
    this.#write(dataClass, items, frames);
    this.#count(dataClass, items, frames);
  }

  /** After something was done: it is counted, and written down now or later. */
  addDone(dataClass: DataClass, items: number, frames = 1): void {
    this.#count(dataClass, items, frames);
    const owed = this.#owed.get(dataClass) ?? { frames: 0, items: 0 };
    this.#owed.set(dataClass, { frames: owed.frames + frames, items: owed.items + items });
    this.#late.write(`${this.#table} ${dataClass}`, () => {
      const all = this.#owed.get(dataClass);
      if (!all) return;
      this.#write(dataClass, all.items, all.frames);
      this.#owed.delete(dataClass);
    });
  }

  #write(dataClass: DataClass, items: number, frames: number): void {
    try {
      this.#add.run(dataClass, frames, items);
    } catch (error) {
      throw databaseError('fleet.db', error);
    }
  }

  #count(dataClass: DataClass, items: number, frames: number): void {
    const there = this.#totals.get(dataClass) ?? { frames: 0, items: 0 };
    this.#totals.set(dataClass, { frames: there.frames + frames, items: there.items + items });
  }

  /** As an account of a tier that keeps nothing; null if nothing ever came. Its time is 0: it is never newer than the core's. */
  ledger(): Ledger | null {
    if (this.#totals.size === 0) return null;
    const ledger = emptyLedger('relay', DOOR, 0);
    for (const [i, name] of DATA_CLASSES.entries()) {
      const amount = this.#totals.get(name);
      if (!amount) continue;
      ledger.entries[i]!.in = { ...amount };
      ledger.entries[i]!.out = { ...amount };
    }
    return ledger;
  }
}
