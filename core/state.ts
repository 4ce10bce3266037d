import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * What the core itself must not forget beside the stores: desired configuration, orders of levels, blocks and caps, gaps, dead letters.
 * Small and rarely written, so it lives in the main thread. Commits are fsynced: a dead letter is accounted for before
 * its block is acknowledged.
 */
export function openState(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, 'core.db'));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS desired (host TEXT PRIMARY KEY, document TEXT, changed REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS level_orders (id TEXT PRIMARY KEY, document TEXT NOT NULL, changed REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS limit_orders (id TEXT PRIMARY KEY, document TEXT NOT NULL, changed REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS dead_letters (
      key TEXT PRIMARY KEY, class TEXT NOT NULL, host TEXT NOT NULL, boot TEXT, sequence INTEGER,
      reason TEXT NOT NULL, code TEXT NOT NULL, items INTEGER NOT NULL, time REAL NOT NULL,
      bytes INTEGER NOT NULL, object TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS refused_lines (
      key TEXT PRIMARY KEY, class TEXT NOT NULL, host TEXT NOT NULL, boot TEXT NOT NULL, sequence INTEGER NOT NULL, place INTEGER NOT NULL,
      why TEXT NOT NULL, time REAL NOT NULL, bytes INTEGER NOT NULL, object TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS refused_series (
      key TEXT PRIMARY KEY, host TEXT NOT NULL, boot TEXT NOT NULL, sequence INTEGER NOT NULL, why TEXT NOT NULL,
      series INTEGER NOT NULL, items INTEGER NOT NULL, time REAL NOT NULL, bytes INTEGER NOT NULL, object TEXT) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS dead_letters_by_class ON dead_letters (class, reason);
    CREATE TABLE IF NOT EXISTS repeats (class TEXT PRIMARY KEY, frames INTEGER NOT NULL, items INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS gaps (
      host TEXT NOT NULL, class TEXT NOT NULL, boot TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
      reason TEXT NOT NULL, frames INTEGER NOT NULL, items INTEGER NOT NULL, first_time REAL NOT NULL, last_time REAL NOT NULL,
      PRIMARY KEY (host, class, boot, first, last)) WITHOUT ROWID;
  `);
  // What later versions know of a letter besides; a file of an earlier one gains it here.
  addColumn(database, 'dead_letters', 'message', 'TEXT');
  addColumn(database, 'refused_lines', 'service', 'TEXT');
  for (const table of ['dead_letters', 'refused_lines', 'refused_series']) {
    addColumn(database, table, 'tries', 'INTEGER NOT NULL DEFAULT 0');
    addColumn(database, table, 'tried', 'REAL');
    database.exec(`CREATE INDEX IF NOT EXISTS ${table}_by_time ON ${table} (time);
      CREATE INDEX IF NOT EXISTS ${table}_by_object ON ${table} (object)`);
  }
  // Objects of dead letters that nothing needs any more, until they are deleted.
  database.exec('CREATE TABLE IF NOT EXISTS letter_garbage (object TEXT PRIMARY KEY) WITHOUT ROWID');
  // A frame that was purged: its bytes are gone, its part of the account stays.
  addColumn(database, 'dead_letters', 'purged', 'REAL');
  // Letters of series beyond their share are one row for a host and a reason.
  addColumn(database, 'refused_series', 'frames', 'INTEGER NOT NULL DEFAULT 1');
  // A damaged batch of the bus was several frames.
  addColumn(database, 'dead_letters', 'frames', 'INTEGER NOT NULL DEFAULT 1');
  return database;
}

function addColumn(database: DatabaseSync, table: string, name: string, type: string): void {
  const columns = database.prepare(`PRAGMA table_info(${table})`).all();
  if (!columns.some((column) => column.name === name)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`);
}

/**
 * What others told and tell again: hosts with their status, relays' accounts. It changes all the time, so the main thread must
 * not wait for its fsync: after kill -9 it is whole, a power cut may set it back a little.
 */
export function openMemory(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, 'fleet.db'));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS reports (
      tier TEXT NOT NULL, name TEXT NOT NULL, time REAL NOT NULL, ledger TEXT NOT NULL, PRIMARY KEY (tier, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS silences (
      kind TEXT NOT NULL, name TEXT NOT NULL, "from" REAL NOT NULL, "to" REAL, reason TEXT NOT NULL,
      PRIMARY KEY (kind, name, "from")) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS silences_by_time ON silences ("from");
  `);
  return database;
}
