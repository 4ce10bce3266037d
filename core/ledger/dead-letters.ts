import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encode } from 'cbor-x';
import { Ranges } from '../../lib/ranges.ts';
import type { DataClass } from '../../proto/class.ts';
import { databaseError } from '../disk/damage.ts';
import { transaction } from '../disk/transaction.ts';
import type { LetterBudget } from '../letters/budget.ts';
import type { FrameId } from '../ports/frames.ts';
import type { SequenceRanges } from '../ports/metric-store.ts';
import type { Objects } from '../ports/objects.ts';
import type { Account, SetAside } from './account.ts';

/** Stands for a host on what the bus itself lost; no host can have that name. */
export const BUS = '(bus)';
/** The reason of a letter that is a batch of the bus, in the bus' own form. */
export const DAMAGED_ON_BUS = 'damaged_on_bus';

/** A frame that could not be taken, with all that is needed to look at it later or to bring it in again. */
export interface DeadLetter {
  readonly class: DataClass;
  readonly host: string;
  readonly relay: string;
  readonly site: string;
  readonly received: number;
  readonly skew: number;
  readonly lane: 'live' | 'backfill';
  /** As of a block (gateway/frames.ts). */
  readonly grantsSince?: number;
  /** Null when not even the header could be read. */
  readonly id: FrameId | null;
  /** Samples or lines as the header says; 0 when there is none. */
  readonly items: number;
  /** How many frames it stands for; one unless stated. */
  readonly frames?: number;
  /** The ledger's reason: undecodable, unknown_definition, damaged_on_bus. */
  readonly reason: string;
  readonly code: string;
  readonly message: string;
  readonly frame: Uint8Array;
  /** Of what was damaged on the bus, where: one batch may be met at each of its offsets, and each is a letter. */
  readonly place?: { readonly topic: string; readonly partition: number; readonly first: number };
}

/**
 * Dead letters: the bytes in the objects, the account in the core's database. A letter is known by its contents, so that
 * a block that comes again does not count twice.
 */
export class DeadLetters {
  readonly #objects: Objects;
  readonly #state: DatabaseSync;
  readonly #now: () => number;
  readonly #budget: LetterBudget;

  /** @param budget beyond it letters are counted and named, without their bytes */
  constructor(objects: Objects, state: DatabaseSync, now: () => number, budget: LetterBudget) {
    this.#objects = objects;
    this.#state = state;
    this.#now = now;
    this.#budget = budget;
  }

  /**
   * Puts letters away, durably: their bytes in one object, their account in one transaction. Each is entered as dropped,
   * or as repeated if it was there. On an error nothing is entered.
   * @throws HeliographError HG_STORE_DISK, HG_OBJECT_DISK
   */
  async put(letters: readonly DeadLetter[], account: Account): Promise<void> {
    if (letters.length === 0) return;
    const find = this.#state.prepare('SELECT 1 FROM dead_letters WHERE key = ?');
    const fresh = new Map<string, DeadLetter>();
    const repeated: DeadLetter[] = [];
    for (const letter of letters) {
      const key = keyOf(letter);
      if (fresh.has(key) || find.get(key) !== undefined) repeated.push(letter);
      else fresh.set(key, letter);
    }
    const kept = [...fresh].filter(([, letter]) => this.#budget.take(letter.frame.length));
    const first = kept[0];
    const object = first ? `dead-letters/${first[1].class}/${first[0]}-${kept.length}` : null;
    try {
      if (object) await this.#objects.put(object, encode({ v: 1, letters: kept.map(([, letter]) => letter) }));
      transaction(this.#state, () => this.#enter(fresh, new Set(kept.map(([key]) => key)), object, repeated));
    } catch (error) {
      for (const [, letter] of kept) this.#budget.release(letter.frame.length);
      throw databaseError('core.db', error);
    }
    for (const letter of fresh.values()) account.drop(letter.class, letter.reason, letter.items, letter.frames);
    for (const letter of repeated) account.repeat(letter.class, letter.items, letter.frames);
  }

  #enter(
    fresh: ReadonlyMap<string, DeadLetter>,
    kept: ReadonlySet<string>,
    object: string | null,
    repeated: readonly DeadLetter[],
  ): void {
    const insert = this.#state.prepare(
      `INSERT OR IGNORE INTO dead_letters
        (key, class, host, boot, sequence, reason, code, items, time, bytes, object, message, frames)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const again = this.#state.prepare(
      'INSERT INTO repeats VALUES (?, ?, ?) ON CONFLICT (class) DO UPDATE SET frames = frames + excluded.frames, items = items + excluded.items',
    );
    for (const [key, letter] of fresh) {
      const has = kept.has(key);
      insert.run(
        key,
        letter.class,
        letter.host,
        letter.id?.boot ?? null,
        letter.id?.sequence ?? null,
        letter.reason,
        letter.code,
        letter.items,
        this.#now(),
        has ? letter.frame.length : 0,
        has ? object : null,
        letter.message,
        letter.frames ?? 1,
      );
    }
    for (const letter of repeated) again.run(letter.class, letter.frames ?? 1, letter.items);
  }

  /** The newest, for people. */
  latest(limit: number): Record<string, unknown>[] {
    return this.#state.prepare('SELECT * FROM dead_letters WHERE purged IS NULL ORDER BY time DESC LIMIT ?').all(limit);
  }

  /** Sums for the account's start. */
  setAside(): SetAside {
    const dropped = this.#state
      .prepare(
        'SELECT class, reason, sum(frames) AS frames, sum(items) AS items FROM dead_letters GROUP BY class, reason',
      )
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

/** 32 hex digits that name a letter by its contents, and by its place on the bus if it has one. */
export function keyOf(letter: Pick<DeadLetter, 'class' | 'host' | 'frame' | 'place'>): string {
  const hash = createHash('sha256')
    .update(letter.class)
    .update('\0')
    .update(letter.host)
    .update('\0')
    .update(letter.frame);
  const { place } = letter;
  if (place) hash.update(`\0${place.topic}\0${place.partition}\0${place.first}`);
  return hash.digest('hex').slice(0, 32);
}
