import { existsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { syncDirectory, syncPath } from '../disk/sync-directory.ts';
import { dayFile } from './days.ts';

/** Rows of one day: parallel columns, the chunks of row i at bytes[offsets[i], offsets[i + 1]). */
export interface DayRows {
  readonly windows: Float64Array;
  readonly series: Int32Array;
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

interface Day {
  readonly database: DatabaseSync;
  readonly insert: StatementSync;
  readonly bits: StatementSync;
}

/**
 * Writes the days' files: one SQLite database a day, rows under (window, series, generation). A row written again under the
 * same key replaces the one that is there, so a checkpoint that was cut off is simply done again. Commits need not be
 * durable one by one (the head journal still has everything): `finish` makes them so.
 */
export class DayWriter {
  readonly #directory: string;
  readonly #days = new Map<number, Day>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** One transaction. */
  write(day: number, generation: number, rows: DayRows): void {
    const { database, insert } = this.#open(day);
    database.exec('BEGIN');
    try {
      for (let i = 0; i < rows.series.length; i++) {
        const data = rows.bytes.subarray(rows.offsets[i]!, rows.offsets[i + 1]!);
        insert.run(rows.windows[i]!, rows.series[i]!, generation, data);
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Keeps which series the day has, makes all of the day durable, and closes it. */
  finish(day: number, bits: Uint8Array): void {
    const { database, bits: keep } = this.#open(day);
    keep.run(bits);
    database.exec('PRAGMA synchronous=FULL');
    // Syncs the log, copies it into the database and syncs that.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    // While somebody reads, that copies only a part; what is still in the log is made durable there.
    const path = join(this.#directory, dayFile(day));
    for (const end of ['-wal', '']) if (existsSync(path + end)) syncPath(path + end);
    syncDirectory(this.#directory);
    this.close(day);
  }

  close(day: number): void {
    this.#days.get(day)?.database.close();
    this.#days.delete(day);
  }

  remove(day: number): void {
    this.close(day);
    for (const end of ['', '-wal', '-shm']) {
      const path = join(this.#directory, dayFile(day) + end);
      if (existsSync(path)) unlinkSync(path);
    }
  }

  closeAll(): void {
    for (const day of [...this.#days.keys()]) this.close(day);
  }

  #open(day: number): Day {
    const there = this.#days.get(day);
    if (there) return there;
    const database = new DatabaseSync(join(this.#directory, dayFile(day)));
    database.exec(`
      PRAGMA page_size=16384;
      PRAGMA journal_mode=WAL;
      PRAGMA synchronous=NORMAL;
      PRAGMA cache_size=-16384;
      PRAGMA wal_autocheckpoint=4000;
      BEGIN;
      CREATE TABLE IF NOT EXISTS chunk(
        window INTEGER, series INTEGER, generation INTEGER, data BLOB,
        PRIMARY KEY(window, series, generation)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS seen(one INTEGER PRIMARY KEY CHECK (one = 1), series BLOB);
      COMMIT;
    `);
    const made = {
      database,
      insert: database.prepare('INSERT OR REPLACE INTO chunk VALUES(?, ?, ?, ?)'),
      bits: database.prepare('INSERT OR REPLACE INTO seen VALUES(1, ?)'),
    };
    this.#days.set(day, made);
    return made;
  }
}
