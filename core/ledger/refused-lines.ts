import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encode } from 'cbor-x';
import { databaseError } from '../disk/damage.ts';
import { transaction } from '../disk/transaction.ts';
import { placeOf } from '../ports/frames.ts';
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

  constructor(objects: Objects, state: DatabaseSync, now: () => number) {
    this.#objects = objects;
    this.#state = state;
    this.#now = now;
  }

  /**
   * Resolves when the lines are durable: together in one object, each with a row that says why.
   * @throws HeliographError HG_STORE_DISK, HG_OBJECT_DISK
   */
  async put(lines: readonly RefusedLine[]): Promise<void> {
    const find = this.#state.prepare('SELECT 1 FROM refused_lines WHERE key = ?');
    const fresh = lines.map(letterOf).filter(({ key }) => find.get(key) === undefined);
    const first = fresh[0];
    if (!first) return;
    const object = `dead-letters/lines/${first.key}-${fresh.length}`;
    const bytes = encode({ v: 1, lines: fresh });
    await this.#objects.put(object, bytes);
    try {
      transaction(this.#state, () => {
        const insert = this.#state.prepare('INSERT OR IGNORE INTO refused_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
        for (const { key, id, place, why, line } of fresh) {
          insert.run(
            key,
            id.class,
            id.host,
            id.boot,
            id.sequence,
            place,
            why,
            this.#now(),
            line.message.length,
            object,
          );
        }
      });
    } catch (error) {
      throw databaseError('core.db', error);
    }
  }

  /** The newest, for people. */
  latest(limit: number): Record<string, unknown>[] {
    return this.#state.prepare('SELECT * FROM refused_lines ORDER BY time DESC LIMIT ?').all(limit);
  }
}

function letterOf({ frame, at, reason }: RefusedLine) {
  const { id, relay, site, received } = frame;
  const place = placeOf(frame, at);
  const name = `${id.host}\0${id.boot}\0${id.class}\0${id.sequence}\0${place}`;
  const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return { key, id, relay, site, received, place, why: reason, line: frame.lines[at]! };
}
