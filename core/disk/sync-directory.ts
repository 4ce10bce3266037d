import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes creations, renames and deletions in a directory durable. */
export function syncDirectory(directory: string): void {
  syncPath(directory);
}

/** Makes the contents of a file durable. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes the directory, if it is not there, so that it outlasts a power cut. */
export function makeDirectory(directory: string): void {
  if (mkdirSync(directory, { recursive: true }) !== undefined) syncDirectory(dirname(directory));
}
