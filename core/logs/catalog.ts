import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { DataClass } from '../../proto/class.ts';
import { openOwnDatabase } from '../disk/own-database.ts';
import type { SeenRow } from '../seen/seen-frames.ts';
import { sizeOf } from './partition-files.ts';

export interface ClassAccount {
  written: { frames: number; items: number };
  repeated: { frames: number; items: number };
  dropped: Record<string, number>;
}

export type Accounts = Partial<Record<DataClass, ClassAccount>>;

/** What one commit changes in the main database. */
export interface LogCommit {
  readonly batch: number;
  readonly accounts: Accounts;
  readonly positions: ReadonlyMap<string, string>;
  readonly seen: readonly SeenRow[];
}

/** The log store's main database: the last whole batch, positions on the bus, seen frames, accounts. */
export class LogCatalog {
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    this.#path = join(directory, 'catalog.db');
    this.#database = openOwnDatabase(this.#path);
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS seen(
        host TEXT, boot TEXT, class TEXT, ranges TEXT NOT NULL, repeated TEXT NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY(host, boot, class)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS position(topic TEXT PRIMARY KEY, next TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS state(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    `);
  }

  seen(): SeenRow[] {
    return this.#database
      .prepare('SELECT host, boot, class, ranges, repeated, last FROM seen')
      .all() as unknown as SeenRow[];
  }

  positions(): Record<string, string> {
    const rows = this.#database.prepare('SELECT topic, next FROM position').all();
    return Object.fromEntries(rows.map((row) => [row.topic as string, row.next as string]));
  }

  restored(): { batch: number; accounts: Accounts } {
    const row = this.#database.prepare("SELECT value FROM state WHERE name = 'batch'").get();
    return row
      ? (JSON.parse(row.value as string) as { batch: number; accounts: Accounts })
      : { batch: 0, accounts: {} };
  }

  /** One durable transaction; with it the batch counts. */
  commit({ batch, accounts, positions, seen }: LogCommit): void {
    this.#transaction(() => {
      const keep = this.#database.prepare('INSERT OR REPLACE INTO seen VALUES(?, ?, ?, ?, ?, ?)');
      for (const row of seen) keep.run(row.host, row.boot, row.class, row.ranges, row.repeated, row.last);
      const go = this.#database.prepare('INSERT OR REPLACE INTO position VALUES(?, ?)');
      for (const [topic, next] of positions) go.run(topic, next);
      const state = JSON.stringify({ batch, accounts });
      this.#database.prepare("INSERT OR REPLACE INTO state VALUES('batch', ?)").run(state);
    });
  }

  forget(seen: readonly { host: string; boot: string; class: DataClass }[]): void {
    this.#transaction(() => {
      const one = this.#database.prepare('DELETE FROM seen WHERE host = ? AND boot = ? AND class = ?');
      for (const row of seen) one.run(row.host, row.boot, row.class);
    });
  }

  bytes(): number {
    return sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
  }

  close(): void {
    this.#database.close();
  }

  #transaction(run: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
