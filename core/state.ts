import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * What the core itself must not forget beside the stores: desired configuration, gaps, dead letters.
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
    CREATE TABLE IF NOT EXISTS dead_letters (
      key TEXT PRIMARY KEY, class TEXT NOT NULL, host TEXT NOT NULL, boot TEXT, sequence INTEGER,
      reason TEXT NOT NULL, code TEXT NOT NULL, items INTEGER NOT NULL, time REAL NOT NULL,
      bytes INTEGER NOT NULL, object TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS refused_lines (
      key TEXT PRIMARY KEY, class TEXT NOT NULL, host TEXT NOT NULL, boot TEXT NOT NULL, sequence INTEGER NOT NULL, place INTEGER NOT NULL,
      why TEXT NOT NULL, time REAL NOT NULL, bytes INTEGER NOT NULL, object TEXT) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS dead_letters_by_class ON dead_letters (class, reason);
    CREATE TABLE IF NOT EXISTS repeats (class TEXT PRIMARY KEY, frames INTEGER NOT NULL, items INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS gaps (
      host TEXT NOT NULL, class TEXT NOT NULL, boot TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
      reason TEXT NOT NULL, frames INTEGER NOT NULL, items INTEGER NOT NULL, first_time REAL NOT NULL, last_time REAL NOT NULL,
      PRIMARY KEY (host, class, boot, first, last)) WITHOUT ROWID;
  `);
  return database;
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
