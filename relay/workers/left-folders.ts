import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeliographError } from '../../lib/errors.ts';
import { folderOf } from './share.ts';

/** Says that a folder's frames are with the core and what it knew is with another worker. */
const EMPTIED = 'emptied';

/** All workers that have a folder, whether they are now or were once; the first always has. */
export function workersWithFolder(home: string): number[] {
  const numbers = namesIn(home)
    .map((name) => /^worker-(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .filter((worker) => worker > 0 && existsSync(join(folderOf(home, worker), 'journal')));
  return [0, ...numbers.sort((a, b) => a - b)];
}

/** Workers beyond `workers` whose folders hold something still: the relay had more of them once. */
export function leftWorkers(home: string, workers: number): number[] {
  return workersWithFolder(home).filter(
    (worker) => worker >= workers && worker > 0 && !existsSync(join(folderOf(home, worker), EMPTIED)),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there yet, or not to be read: who opens the first worker's folder, which is this one, says what is wrong with it.
    return [];
  }
}

/** The folder needs nobody any more. It stays: its account goes on if the worker is there again one day. */
export function markEmptied(home: string, worker: number): void {
  writeFileSync(join(folderOf(home, worker), EMPTIED), '');
}

/** A worker takes the folder in use (again). @throws HeliographError HG_JOURNAL_DISK */
export function markInUse(home: string, worker: number): void {
  const path = join(folderOf(home, worker), EMPTIED);
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    throw new HeliographError('HG_JOURNAL_DISK', `${path}: ${String(cause)}`, { path }, cause);
  }
}
