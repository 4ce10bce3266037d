import type { DatabaseSync } from 'node:sqlite';
import { storeTransaction } from '../../disk/transaction.ts';

/** What rules over log lines must know after a restart, by their ids. */
export class LogRuleStore {
  readonly #database: DatabaseSync;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec('CREATE TABLE IF NOT EXISTS log_rules (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID');
  }

  /** Null: none is kept. */
  state(id: string): unknown {
    const row = this.#database.prepare('SELECT state FROM log_rules WHERE id = ?').get(id);
    return row ? JSON.parse(row.state as string) : null;
  }

  /** @param ids of rules that there are: others are forgotten @throws HeliographError HG_STORE_DISK */
  keep(states: ReadonlyMap<string, object>, ids: ReadonlySet<string>): void {
    storeTransaction(this.#database, this.#path, () => {
      const put = this.#database.prepare('INSERT OR REPLACE INTO log_rules VALUES (?, ?)');
      for (const [id, state] of states) put.run(id, JSON.stringify(state));
      for (const { id } of this.#database.prepare('SELECT id FROM log_rules').all()) {
        if (!ids.has(id as string)) this.#database.prepare('DELETE FROM log_rules WHERE id = ?').run(id!);
      }
    });
  }
}
