import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

export const HOUR_MS = 3_600_000;

/** The partition of a line: hours since the epoch, by the line's own time. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS);
}

export function partitionFile(hour: number): string {
  return `lines-${new Date(hour * HOUR_MS).toISOString().slice(0, 13)}.db`;
}

/** Hours that have a partition file, ascending. */
export function listPartitions(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const found = /^lines-(\d{4}-\d\d-\d\dT\d\d)\.db$/.exec(name);
      return found ? hourOf(Date.parse(`${found[1]}:00:00Z`)) : [];
    })
    .sort((a, b) => a - b);
}

export function partitionBytes(directory: string, hour: number): number {
  const path = join(directory, partitionFile(hour));
  return sizeOf(path) + sizeOf(`${path}-wal`);
}

/**
 * Must the hour be opened by a writer before anybody reads it: a log that is not checkpointed, or the rollback journal of
 * a file whose maker was killed before it came to have a log? Who opens read-only can roll nothing back (SQLITE_READONLY_ROLLBACK).
 */
export function isUnsettled(directory: string, hour: number): boolean {
  const path = join(directory, partitionFile(hour));
  return sizeOf(`${path}-wal`) > 0 || sizeOf(`${path}-journal`) > 0;
}

export function deletePartition(directory: string, hour: number): void {
  const path = join(directory, partitionFile(hour));
  // The log first: without its database it means nothing, the database without it is whole up to the last checkpoint.
  for (const end of ['-wal', '-shm', '-journal', '']) {
    if (statSync(path + end, { throwIfNoEntry: false })) unlinkSync(path + end);
  }
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
