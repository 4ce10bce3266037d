import type { DatabaseSync } from 'node:sqlite';
import { storeTransaction, transaction } from '../../../disk/transaction.ts';
import type { Revisions } from './revision.ts';
import { windowOf } from './window.ts';

/** A window of a host into which samples came after it was computed. */
export interface Late {
  readonly start: number;
  /** The label `instance` of the host's series; empty: of all series. */
  readonly instance: string;
}

export interface LateWindow extends Late {
  /** Grows with every time it is marked: what was marked meanwhile is not done. */
  readonly marks: number;
}

/** Hosts of a window that are marked one by one; more are all. */
const MOST_INSTANCES = 500;

export interface YearLedgerParts {
  /** Of the store's own ledger: a window is marked in the transaction that enters the frame. */
  readonly database: DatabaseSync;
  readonly path: string;
  readonly windowMs: number;
  /** Where another process computes windows for the first time: those that begin before this, ms, it may have computed. This one computes late ones only. */
  readonly elsewhere?: () => number;
}

/**
 * How far windows are computed, which have to be computed again, and which revision each has. What it says of the past is never ahead of
 * the engine: a revision is entered before it is written, and the watermark moves after what was written is durable.
 */
export class YearLedger {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #windowMs: number;
  readonly #elsewhere: (() => number) | null;
  /** Windows that begin before this are computed. */
  #watermark: number;
  /** Windows that begin before this are computed, or being read: what comes into them now may not have been seen. */
  #horizon: number;
  /** Marked since they were last taken: to mark them again says nothing new. */
  readonly #marked = new Map<number, Set<string>>();
  #late = 0;

  /**
   * @param first where windows begin, when none was computed yet
   * @throws HeliographError HG_STORE_DISK, HG_STORE_DAMAGED
   */
  constructor({ database, path, windowMs, elsewhere }: YearLedgerParts, first: number) {
    this.#database = database;
    this.#path = path;
    this.#windowMs = windowMs;
    this.#elsewhere = elsewhere ?? null;
    this.#run(() => {
      makeTables(database);
      // Windows of another length are another store.
      for (const table of ['year', 'year_revision', 'year_late']) {
        database.prepare(`DELETE FROM ${table} WHERE length <> ?`).run(windowMs);
      }
      // Whoever computes them later begins with all that can be: how far another was is not known here.
      if (elsewhere) database.exec('DELETE FROM year');
      else database.prepare('INSERT OR IGNORE INTO year VALUES(?, ?)').run(windowMs, windowOf(first, windowMs));
    });
    const row = database.prepare('SELECT watermark FROM year WHERE length = ?').get(windowMs);
    this.#watermark = elsewhere ? 0 : (row!.watermark as number);
    this.#horizon = this.#watermark;
    this.#count();
  }

  /** Windows that end here or before are computed, ms. */
  get watermark(): number {
    return Math.max(this.#watermark, this.#elsewhere?.() ?? 0);
  }

  /** How many windows wait to be computed again. */
  get late(): number {
    return this.#late;
  }

  /** The windows that become late by samples of these times and hosts, and are not marked already. */
  lateOf(samples: Iterable<readonly [time: number, instance: string]>): Late[] {
    const late = new Map<number, Set<string>>();
    const horizon = Math.max(this.#horizon, this.watermark);
    for (const [time, instance] of samples) {
      if (time >= horizon) continue;
      const start = windowOf(time, this.#windowMs);
      const marked = this.#marked.get(start);
      if (marked?.has(instance) || marked?.has('')) continue;
      const instances = late.get(start) ?? new Set();
      late.set(start, instances.add(instance));
    }
    return [...late].flatMap(([start, instances]) => {
      // So many hosts are no longer cheaper than all of them.
      const all = instances.size + (this.#marked.get(start)?.size ?? 0) > MOST_INSTANCES;
      return all ? [{ start, instance: '' }] : [...instances].map((instance) => ({ start, instance }));
    });
  }

  /** Inside the transaction that enters the frames of which `lateOf` was asked. */
  mark(late: readonly Late[], now: number): void {
    const mark = this.#database.prepare(
      'INSERT INTO year_late VALUES(?, ?, ?, 1, ?) ON CONFLICT(length, start, instance) DO UPDATE SET marks = marks + 1, at = excluded.at',
    );
    for (const { start, instance } of late) mark.run(this.#windowMs, start, instance, now);
  }

  /** That transaction is over. */
  marked(late: readonly Late[]): void {
    for (const { start, instance } of late) {
      const instances = this.#marked.get(start) ?? new Set();
      this.#marked.set(start, instances.add(instance));
    }
    if (late.length > 0) this.#count();
  }

  /** From now on samples of windows before this are late. */
  begin(horizon: number): void {
    this.#horizon = Math.max(this.#horizon, horizon);
  }

  /**
   * The oldest computed windows that were marked at `before` or earlier, ms. What comes from now on marks them again.
   * @param most windows of one host
   */
  take(before: number, most: number): LateWindow[] {
    const rows = this.#database
      .prepare(
        'SELECT start, instance, marks FROM year_late WHERE length = ? AND start < ? AND at <= ? ORDER BY start, instance LIMIT ?',
      )
      .all(this.#windowMs, this.watermark, before, most) as unknown as LateWindow[];
    for (const { start } of rows) this.#marked.delete(start);
    return rows;
  }

  /** Gives each window its next revision, durably: what is half written when a kill comes is then an earlier one. A window that can have none is not in what is given back. */
  revise(starts: readonly number[], revisions: Revisions, now: number): Map<number, number> {
    const given = new Map<number, number>();
    this.#run(() => {
      const read = this.#database.prepare('SELECT revision FROM year_revision WHERE length = ? AND start = ?');
      const write = this.#database.prepare('INSERT OR REPLACE INTO year_revision VALUES(?, ?, ?)');
      for (const start of starts) {
        const before = read.get(this.#windowMs, start)?.revision as number | undefined;
        const revision = revisions.next(start, before ?? null, now);
        if (revision === null) continue;
        write.run(this.#windowMs, start, revision);
        given.set(start, revision);
      }
    });
    return given;
  }

  /** Windows are computed and durable: the new ones up to `watermark`, and late ones as they were taken. */
  done(watermark: number, late: readonly LateWindow[]): void {
    this.#run(() => {
      this.#database
        .prepare('UPDATE year SET watermark = max(watermark, ?) WHERE length = ?')
        .run(watermark, this.#windowMs);
      const drop = this.#database.prepare(
        'DELETE FROM year_late WHERE length = ? AND start = ? AND instance = ? AND marks = ?',
      );
      for (const { start, instance, marks } of late) drop.run(this.#windowMs, start, instance, marks);
    });
    this.#watermark = Math.max(this.#watermark, watermark);
    this.begin(this.#watermark);
    this.#count();
  }

  /** Forgets windows that begin before: they can be computed no more. Gives back how many of them had waited for it. */
  forget(before: number): number {
    let gone = 0;
    this.#run(() => {
      this.#database.prepare('DELETE FROM year_revision WHERE length = ? AND start < ?').run(this.#windowMs, before);
      const late = 'FROM year_late WHERE length = ? AND start < ?';
      gone = this.#database.prepare(`SELECT count(DISTINCT start) AS n ${late}`).get(this.#windowMs, before)!
        .n as number;
      if (gone > 0) this.#database.prepare(`DELETE ${late}`).run(this.#windowMs, before);
    });
    for (const start of this.#marked.keys()) if (start < before) this.#marked.delete(start);
    if (gone > 0) this.#count();
    return gone;
  }

  #count(): void {
    const row = this.#database
      .prepare('SELECT count(DISTINCT start) AS n FROM year_late WHERE length = ?')
      .get(this.#windowMs);
    this.#late = row!.n as number;
  }

  #run(run: () => void): void {
    storeTransaction(this.#database, this.#path, run);
  }
}

/**
 * For a store that is opened without windows: what comes meanwhile is marked nowhere, so when they are wanted again all windows that can be
 * computed are, as later revisions.
 */
export function lapseYear(database: DatabaseSync): void {
  transaction(database, () => {
    makeTables(database);
    database.exec('DELETE FROM year; DELETE FROM year_late;');
  });
}

function makeTables(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS year(length INTEGER PRIMARY KEY, watermark INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS year_revision(
      length INTEGER, start INTEGER, revision INTEGER NOT NULL, PRIMARY KEY(length, start)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS year_late(
      length INTEGER, start INTEGER, instance TEXT, marks INTEGER NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY(length, start, instance)
    ) WITHOUT ROWID;
  `);
}
