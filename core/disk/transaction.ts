import type { DatabaseSync } from 'node:sqlite';
import { databaseError } from './damage.ts';

/**
 * Runs in one transaction and returns what `run` returned. When anything in it fails, nothing of it stays and the
 * database takes the next one; without this a full disk once would be an open transaction for ever.
 */
export function transaction<T>(database: DatabaseSync, run: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors (a full disk, a failed write) have rolled it back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The same in a store's own file. @param path what errors name @throws HeliographError HG_STORE_DISK, HG_STORE_DAMAGED */
export function storeTransaction<T>(database: DatabaseSync, path: string, run: () => T): T {
  try {
    return transaction(database, run);
  } catch (error) {
    throw databaseError(path, error);
  }
}
