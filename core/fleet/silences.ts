import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../disk/transaction.ts';

/** A time in which nothing was heard of a host, or of a relay and so of all its hosts. */
export interface Silence {
  readonly kind: 'host' | 'relay';
  readonly name: string;
  /** ms since the epoch. */
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
  readonly reason: string;
}

/** Silences that are over are kept for as long as people look back; not longer than metrics are kept in full. */
const KEPT_MS = 30 * 86_400_000;

/**
 * Who was silent, when, and why as far as it is known. What was collected in a silence may well come later, out of the spool;
 * so this explains a hole in a chart and does not claim one. Written in groups: a relay that stops makes thousands silent.
 */
export class Silences {
  readonly #memory: DatabaseSync;
  /** Those that last, by kind and name: since when. */
  readonly #open = new Map<string, number>();
  #unwritten: Silence[] = [];

  /** @param memory of core/state.ts, `openMemory` */
  constructor(memory: DatabaseSync) {
    this.#memory = memory;
    const rows = memory.prepare('SELECT kind, name, "from" FROM silences WHERE "to" IS NULL').all();
    for (const row of rows as unknown as Silence[]) this.#open.set(key(row.kind, row.name), row.from);
  }

  /** Whether one of it lasts. */
  lasts(kind: Silence['kind'], name: string): boolean {
    return this.#open.has(key(kind, name));
  }

  /** One that lasts already is left as it is. */
  begin(kind: Silence['kind'], name: string, from: number, reason: string): void {
    if (this.#open.has(key(kind, name))) return;
    this.#open.set(key(kind, name), from);
    this.#unwritten.push({ kind, name, from, to: null, reason });
  }

  /** Ends the one that lasts, if any. */
  end(kind: Silence['kind'], name: string, to: number): void {
    const from = this.#open.get(key(kind, name));
    if (from === undefined) return;
    this.#open.delete(key(kind, name));
    this.#unwritten.push({ kind, name, from, to: Math.max(from, to), reason: '' });
  }

  /** Writes what is not written yet, at most so many. When the disk refuses, it throws, and the same is tried again by the next call. */
  save(most = Number.POSITIVE_INFINITY): void {
    if (this.#unwritten.length === 0) return;
    const begin = this.#memory.prepare('INSERT OR REPLACE INTO silences VALUES (?, ?, ?, NULL, ?)');
    const end = this.#memory.prepare('UPDATE silences SET "to" = ? WHERE kind = ? AND name = ? AND "from" = ?');
    const forget = this.#memory.prepare('DELETE FROM silences WHERE kind = ? AND name = ? AND "to" < ?');
    const now = this.#unwritten.slice(0, most);
    transaction(this.#memory, () => {
      for (const { kind, name, from, to, reason } of now) {
        if (to === null) begin.run(kind, name, from, reason);
        else {
          end.run(to, kind, name, from);
          forget.run(kind, name, to - KEPT_MS);
        }
      }
    });
    this.#unwritten.splice(0, now.length);
  }

  /** Those that touch [start, end] ms, newest first; of one host and of the relays named, or of everybody. */
  find(host: string | null, relays: readonly string[], start: number, end: number, limit: number): Silence[] {
    this.save();
    const places = relays.map(() => '?').join(', ');
    const named = host === null ? '' : `AND (kind = 'host' AND name = ? OR kind = 'relay' AND name IN (${places}))`;
    return this.#memory
      .prepare(
        `SELECT kind, name, "from", "to", reason FROM silences
         WHERE "from" <= ? AND ("to" IS NULL OR "to" >= ?) ${named} ORDER BY "from" DESC LIMIT ?`,
      )
      .all(end, start, ...(host === null ? [] : [host, ...relays]), limit) as unknown as Silence[];
  }
}

function key(kind: Silence['kind'], name: string): string {
  return `${kind} ${name}`;
}
