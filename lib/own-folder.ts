import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HeliographError } from './errors.ts';

const SQLITE_BUSY = 5;

/**
 * Makes a folder this process's own until it is let go or the process ends, in whatever way: two programs over one journal
 * would write over each other. The lock is the operating system's, on the file `lock`, which may stay where it is.
 * @returns how to let it go
 * @throws HeliographError HG_STORE_LOCKED, HG_JOURNAL_DISK
 */
export function ownFolder(directory: string): () => void {
  let database: DatabaseSync | null = null;
  try {
    makeFolder(directory);
    database = new DatabaseSync(join(directory, 'lock'));
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    const { errcode } = cause as { errcode?: number };
    const busy = errcode !== undefined && (errcode & 0xff) === SQLITE_BUSY;
    if (busy) throw new HeliographError('HG_STORE_LOCKED', directory, { directory }, cause);
    throw new HeliographError('HG_JOURNAL_DISK', `${directory}: ${String(cause)}`, { directory }, cause);
  }
  const open = database;
  return () => open.close();
}

/** Not mkdir's own recursion: where nothing can be made, under /proc say, that one never ends. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path);
  }
}
