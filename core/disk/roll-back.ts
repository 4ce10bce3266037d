import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Undoes the transaction that a kill cut off in a file which had no write-ahead log yet. Who opens such a file read-only cannot
 * (SQLITE_READONLY_ROLLBACK, sqlite.org/rescode.html), so whoever owns it does it before anybody reads. Other files are not touched.
 * @throws what SQLite throws
 */
export function rollBack(path: string): void {
  if (!statSync(`${path}-journal`, { throwIfNoEntry: false })?.size) return;
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    database.prepare('SELECT count(*) FROM sqlite_master').get();
  } finally {
    database.close();
  }
}
