import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { HeliographError } from '../../lib/errors.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB: the file itself is not whole, trying again does not help. */
function isDamage(error: unknown): boolean {
  const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  return code === 11 || code === 26;
}

/**
 * SQLite's error with the file's name: HG_STORE_DAMAGED when the file is not whole, HG_STORE_DISK when it could not be
 * opened, read or written (full, read-only, no permission). An error of ours stays as it is.
 */
export function databaseError(path: string, error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  const why = error as Error & { errcode?: number };
  const code = isDamage(error) ? 'HG_STORE_DAMAGED' : 'HG_STORE_DISK';
  return new HeliographError(code, `${path}: ${why.message}`, { path, errcode: why.errcode }, error);
}

/** Opens a small database and looks whether it is whole. @throws HeliographError HG_STORE_DAMAGED, HG_STORE_DISK */
export function openWhole(path: string, open: () => DatabaseSync): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = open();
    const found = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (found.quick_check === 'ok') return database;
    throw new HeliographError('HG_STORE_DAMAGED', `${path}: ${found.quick_check}`, { path });
  } catch (error) {
    database?.close();
    throw databaseError(path, error);
  }
}

/** Opens what can be done without: a damaged file is put aside under another name, `told`, and a new one begun. */
export function openOrBegin<T>(
  path: string,
  now: number,
  open: () => T,
  told: (aside: string, error: HeliographError) => void,
): T {
  try {
    return open();
  } catch (error) {
    const typed = databaseError(path, error);
    if (typed.code !== 'HG_STORE_DAMAGED') throw typed;
    told(putAside(path, now), typed);
    return open();
  }
}

/** Renames a database with its log, so that nothing opens it and somebody may still look at it. Returns the new name. */
export function putAside(path: string, now: number): string {
  const aside = `${path}.damaged-${new Date(now).toISOString().replaceAll(/[-:.]/g, '')}`;
  for (const end of ['-wal', '-shm', '']) if (existsSync(path + end)) renameSync(path + end, aside + end);
  return aside;
}
