import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HeliographError } from './errors.ts';

/**
 * Makes a folder this process's own until it is let go or the process ends, in whatever way: two programs over one journal
 * would write over each other. The lock is the operating system's, on the file `lock`, which may stay where it is.
 * @returns how to let it go
 * @throws HeliographError HG_STORE_LOCKED; the file system's own errors
 */
export function ownFolder(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'lock');
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const { errcode } = error as { errcode?: number };
    const busy = errcode !== undefined && (errcode & 0xff) === 5;
    if (busy) throw new HeliographError('HG_STORE_LOCKED', directory, { directory }, error);
    throw error;
  }
  return () => database.close();
}
