import { DatabaseSync } from 'node:sqlite';
import { HeliographError } from '../../lib/errors.ts';
import { databaseError } from './damage.ts';

/**
 * Opens a database that belongs to this process alone for as long as it is open (a kill frees it): two stores over one
 * directory would overwrite each other. Every commit is durable.
 * @throws HeliographError HG_STORE_LOCKED, HG_STORE_DAMAGED, HG_STORE_DISK
 */
export function openOwnDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;');
    database.exec('BEGIN IMMEDIATE; COMMIT;');
    return database;
  } catch (error) {
    database?.close();
    const why = error as Error & { errcode?: number };
    // SQLITE_BUSY
    if (why.errcode !== undefined && (why.errcode & 0xff) === 5) {
      throw new HeliographError('HG_STORE_LOCKED', path, { path }, error);
    }
    throw databaseError(path, error);
  }
}
