import type { DatabaseSync } from 'node:sqlite';
import { Ranges } from '../../lib/ranges.ts';
import type { DataClass } from '../../proto/class.ts';
import type { Gap } from '../../proto/gap.ts';
import { storeTransaction } from '../disk/transaction.ts';

/** Frames that somebody on the way gave up, with the reason: the declared hole a person sees instead of a silent one. */
export interface DeclaredGap extends Gap {
  readonly host: string;
  readonly class: DataClass;
}

export class Gaps {
  readonly #state: DatabaseSync;

  constructor(state: DatabaseSync) {
    this.#state = state;
  }

  /** Keeps gaps, durably; one that is there already is left as it is. Returns how many were new. @throws HeliographError HG_STORE_... */
  add(gaps: readonly DeclaredGap[]): number {
    if (gaps.length === 0) return 0;
    return storeTransaction(this.#state, 'core.db', () => this.#insert(gaps));
  }

  #insert(gaps: readonly DeclaredGap[]): number {
    let added = 0;
    const insert = this.#state.prepare('INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (const gap of gaps) {
      const { changes } = insert.run(
        gap.host,
        gap.class,
        gap.boot,
        gap.from,
        gap.to,
        gap.reason,
        gap.frames,
        gap.items,
        gap.firstTime,
        gap.lastTime,
      );
      added += Number(changes);
    }
    return added;
  }

  /** How many there are: they only become more. */
  count(): number {
    return (this.#state.prepare('SELECT count(*) AS n FROM gaps').get() as { n: number }).n;
  }

  /** The sequences that were declared dropped, by `gapKey`. */
  declared(): Map<string, Ranges> {
    const found = new Map<string, Ranges>();
    const rows = this.#state.prepare('SELECT host, boot, class, first, last FROM gaps').all() as unknown as {
      host: string;
      boot: string;
      class: DataClass;
      first: number;
      last: number;
    }[];
    for (const row of rows) {
      const key = gapKey(row.host, row.boot, row.class);
      const there = found.get(key);
      if (there) there.addRange(row.first, row.last);
      else found.set(key, new Ranges([[row.first, row.last]]));
    }
    return found;
  }

  /** Gaps that touch [start, end] (ms), newest first; all hosts if none is named. */
  find(host: string | null, start: number, end: number, limit: number): DeclaredGap[] {
    return this.#state
      .prepare(
        `SELECT host, class, boot, first AS "from", last AS "to", reason, frames, items, first_time AS firstTime, last_time AS lastTime
         FROM gaps WHERE last_time >= ? AND first_time <= ? AND (? IS NULL OR host = ?) ORDER BY last_time DESC LIMIT ?`,
      )
      .all(start, end, host, host, limit) as unknown as DeclaredGap[];
  }
}

export function gapKey(host: string, boot: string, dataClass: DataClass): string {
  return `${host} ${boot} ${dataClass}`;
}
