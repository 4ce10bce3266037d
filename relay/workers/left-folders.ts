import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf } from './share.ts';

/** Says that a folder's frames are with the core and what it knew is with another worker. */
const EMPTIED = 'emptied';

/** Workers beyond `workers` whose folders hold something still: the relay had more of them once. */
export function leftWorkers(home: string, workers: number): number[] {
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .map((name) => /^worker-(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .filter((worker) => worker >= workers && worker > 0)
    .filter((worker) => existsSync(join(folderOf(home, worker), 'journal')))
    .filter((worker) => !existsSync(join(folderOf(home, worker), EMPTIED)))
    .sort((a, b) => a - b);
}

/** The folder needs nobody any more. It stays: its account goes on if the worker is there again one day. */
export function markEmptied(home: string, worker: number): void {
  writeFileSync(join(folderOf(home, worker), EMPTIED), '');
}

/** A worker takes the folder in use (again). */
export function markInUse(home: string, worker: number): void {
  rmSync(join(folderOf(home, worker), EMPTIED), { force: true });
}
