import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encode } from 'cbor-x';
import { Ranges } from '../../lib/ranges.ts';
import type { DataClass } from '../../proto/class.ts';
import type { FrameId } from '../ports/frames.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import type { Objects } from '../ports/objects.ts';
import type { Account, SetAside } from './account.ts';

/** A frame that could not be taken, with all that is needed to look at it later or to bring it in again. */
export interface DeadLetter {
  readonly class: DataClass;
  readonly host: string;
  readonly relay: string;
  readonly site: string;
  readonly received: number;
  readonly skew: number;
  readonly lane: 'live' | 'backfill';
  /** Null when not even the header could be read. */
  readonly id: FrameId | null;
  /** Samples or lines as the header says; 0 when there is none. */
  readonly items: number;
  /** The ledger's reason: undecodable, unknown_definition. */
  readonly reason: string;
  readonly code: string;
  readonly message: string;
  readonly frame: Uint8Array;
}

/**
 * Dead letters: the bytes in the objects, the account in the core's database. A letter is known by its contents, so that
 * a block that comes again does not count twice.
 */
export class DeadLetters {
  readonly #objects: Objects;
  readonly #state: DatabaseSync;
  readonly #now: () => number;

  constructor(objects: Objects, state: DatabaseSync, now: () => number) {
    this.#objects = objects;
    this.#state = state;
    this.#now = now;
  }

  /** Puts a letter away, durably, and enters it in the account as dropped, or as repeated if it was there. */
  async put(letter: DeadLetter, account: Account): Promise<void> {
    const name = createHash('sha256').update(letter.host).update('\0').update(letter.frame).digest('hex').slice(0, 32);
    const key = `dead-letters/${letter.class}/${name}`;
    const known = this.#state.prepare('SELECT 1 FROM dead_letters WHERE key = ?').get(key) !== undefined;
    if (known) {
      this.#state
        .prepare(
          `INSERT INTO repeats VALUES (?, 1, ?) ON CONFLICT (class) DO UPDATE SET frames = frames + 1, items = items + excluded.items`,
        )
        .run(letter.class, letter.items);
      account.repeat(letter.class, letter.items);
      return;
    }
    await this.#objects.put(key, encode({ v: 1, ...letter }));
    this.#state
      .prepare('INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        key,
        letter.class,
        letter.host,
        letter.id?.boot ?? null,
        letter.id?.sequence ?? null,
        letter.reason,
        letter.code,
        letter.items,
        this.#now(),
      );
    account.drop(letter.class, letter.reason, letter.items);
  }

  /** The newest, for people. */
  latest(limit: number): Record<string, unknown>[] {
    return this.#state.prepare('SELECT * FROM dead_letters ORDER BY time DESC LIMIT ?').all(limit);
  }

  /** Sums for the account's start. */
  setAside(): SetAside {
    const dropped = this.#state
      .prepare('SELECT class, reason, count(*) AS frames, sum(items) AS items FROM dead_letters GROUP BY class, reason')
      .all() as unknown as SetAside['dropped'];
    const repeated = this.#state
      .prepare('SELECT class, frames, items FROM repeats')
      .all() as unknown as SetAside['repeated'];
    return { dropped, repeated };
  }

  /** Frames that arrived and were set aside: for the audit they are not lost. */
  sequences(): SequenceRanges[] {
    const found = new Map<string, { host: string; boot: string; class: DataClass; ranges: Ranges }>();
    const rows = this.#state
      .prepare('SELECT host, boot, class, sequence FROM dead_letters WHERE sequence IS NOT NULL')
      .all() as unknown as { host: string; boot: string; class: DataClass; sequence: number }[];
    for (const row of rows) {
      const key = `${row.host}\0${row.boot}\0${row.class}`;
      const there = found.get(key) ?? { host: row.host, boot: row.boot, class: row.class, ranges: new Ranges() };
      there.ranges.add(row.sequence);
      found.set(key, there);
    }
    return [...found.values()].map((entry) => ({ ...entry, ranges: entry.ranges.pairs() }));
  }
}
