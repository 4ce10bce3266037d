import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { storeTransaction } from '../../../disk/transaction.ts';
import type { StatePlace, StateRecord } from './record.ts';

/** In the database of the core's alerts: for a core that is the only one. */
export class LocalPlace implements StatePlace {
  readonly isShared = false;
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  /** @param path what errors name */
  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec(
      'CREATE TABLE IF NOT EXISTS notify_state (key TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID',
    );
    this.#put = database.prepare('INSERT OR REPLACE INTO notify_state VALUES (?, ?)');
    this.#remove = database.prepare('DELETE FROM notify_state WHERE key = ?');
  }

  async open(take: (records: readonly StateRecord[]) => void): Promise<void> {
    const rows = this.#database.prepare('SELECT record FROM notify_state').all();
    take(rows.map((row) => JSON.parse(row.record as string) as StateRecord));
  }

  /** @throws HeliographError HG_STORE_DISK */
  async write(records: readonly StateRecord[]): Promise<void> {
    storeTransaction(this.#database, this.#path, () => {
      for (const record of records) {
        if (record.value === null) this.#remove.run(record.key);
        else this.#put.run(record.key, JSON.stringify(record));
      }
    });
  }

  async catchUp(): Promise<void> {
    // Nobody else writes.
  }

  async close(): Promise<void> {
    // The database is its owner's.
  }
}
