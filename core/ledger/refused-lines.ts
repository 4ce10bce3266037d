import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encode } from 'cbor-x';
import { databaseError } from '../disk/damage.ts';
import { transaction } from '../disk/transaction.ts';
import type { LetterBudget } from '../letters/budget.ts';
import { type FrameId, type LogLine, placeOf } from '../ports/frames.ts';
import type { RefusedLine } from '../ports/log-store.ts';
import type { Objects } from '../ports/objects.ts';

/**
 * Dead letters of single lines: what the log store would not take, with its words. The store counts them as dropped with their frames,
 * so they stand apart from the letters that are frames, and no account is made of them here. A line is known by its name: one that
 * comes again is kept once.
 */
export class RefusedLines {
  readonly #objects: Objects;
  readonly #state: DatabaseSync;
  readonly #now: () => number;
  readonly #budget: LetterBudget;

  /** @param budget beyond it lines are named, with the reason, and not kept */
  constructor(objects: Objects, state: DatabaseSync, now: () => number, budget: LetterBudget) {
    this.#objects = objects;
    this.#state = state;
    this.#now = now;
    this.#budget = budget;
  }

  /**
   * Resolves when the lines are durable: together in one object, each with a row that says why.
   * @throws HeliographError HG_STORE_DISK, HG_OBJECT_DISK
   */
  async put(lines: readonly RefusedLine[]): Promise<void> {
    const find = this.#state.prepare('SELECT 1 FROM refused_lines WHERE key = ?');
    const fresh = lines.map(letterOf).filter(({ key }) => find.get(key) === undefined);
    if (fresh.length === 0) return;
    const kept = new Map(fresh.filter((one) => this.#budget.take(sizeOf(one))).map((one) => [one.key, one]));
    const [first] = kept.keys();
    const object = first === undefined ? null : `dead-letters/lines/${first}-${kept.size}`;
    try {
      if (object) await this.#objects.put(object, encode({ v: 2, lines: [...kept.values()] }));
      transaction(this.#state, () => this.#enter(fresh, kept, object));
    } catch (error) {
      for (const one of kept.values()) this.#budget.release(sizeOf(one));
      throw databaseError('core.db', error);
    }
  }

  #enter(fresh: readonly LineLetter[], kept: ReadonlyMap<string, LineLetter>, object: string | null): void {
    const insert = this.#state.prepare(
      `INSERT OR IGNORE INTO refused_lines
        (key, class, host, boot, sequence, place, why, time, bytes, object, service)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const one of fresh) {
      const { key, id, place, why, line } = one;
      const has = kept.has(key);
      insert.run(
        key,
        id.class,
        id.host,
        id.boot,
        id.sequence,
        place,
        why,
        this.#now(),
        has ? sizeOf(one) : 0,
        has ? object : null,
        line.service,
      );
    }
  }

  /** The newest, for people. */
  latest(limit: number): Record<string, unknown>[] {
    return this.#state.prepare('SELECT * FROM refused_lines ORDER BY time DESC LIMIT ?').all(limit);
  }
}

/** A line as it is kept, with all that is needed to give it to the store again under its own name. */
export interface LineLetter {
  readonly key: string;
  readonly id: FrameId;
  readonly relay: string;
  readonly site: string;
  readonly received: number;
  /** When the frame was made; not in letters of version 1. */
  readonly created?: number;
  readonly place: number;
  readonly why: string;
  readonly line: LogLine;
}

function letterOf({ frame, at, reason }: RefusedLine): LineLetter {
  const { id, relay, site, received, created } = frame;
  const place = placeOf(frame, at);
  const name = `${id.host}\0${id.boot}\0${id.class}\0${id.sequence}\0${place}`;
  const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return { key, id, relay, site, received, created, place, why: reason, line: frame.lines[at]! };
}

/** Roughly what a line takes: its text and its fields. */
function sizeOf({ line }: LineLetter): number {
  return Object.entries(line.fields).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    Buffer.byteLength(line.message),
  );
}
