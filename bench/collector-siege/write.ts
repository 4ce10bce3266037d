import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SIEGE_LINE_BYTES } from './lines.ts';

const FILE_BYTES = 2 ** 30;
/** As logrotate does it: renamed when it is so large, and so many of the old ones kept. */
const ROTATE_BYTES = 2 ** 28;
const KEPT = 4;
/** Slices a second. */
const SLICES = 20;

/** Files of at most a GiB full of the lines, over and over. @returns lines in all */
export function writeBacklog(folder: string, bytes: number, lines: Uint8Array): number {
  let written = 0;
  for (let file = 1; written < bytes; file++) {
    const fd = openSync(join(folder, `backlog-${file}.log`), 'w');
    // No two files begin with the same bytes, as no two services' files do.
    const turn = (file * 1_000 * SIEGE_LINE_BYTES) % lines.length;
    const end = Math.min(bytes, written + FILE_BYTES);
    for (let from = turn; written < end; from = 0) written += writeSync(fd, lines, from);
    closeSync(fd);
  }
  return written / SIEGE_LINE_BYTES;
}

/** Appends lines to `file` at a pace until it is told to stop, and rotates it. @returns lines in all */
export async function flood(
  file: string,
  lines: Uint8Array,
  linesPerSecond: number,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  let written = 0;
  let at = 0;
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - began) / 1_000) * linesPerSecond) - written;
    // After a standstill of the machine no more than a second's.
    const count = Math.min(due, linesPerSecond, (lines.length - at) / SIEGE_LINE_BYTES);
    if (count > 0) {
      await appendFile(file, lines.subarray(at, at + count * SIEGE_LINE_BYTES));
      written += count;
      at = (at + count * SIEGE_LINE_BYTES) % lines.length;
      if (statSync(file).size > ROTATE_BYTES) rotate(file);
    }
    await wait(1_000 / SLICES);
  }
  return written;
}

function rotate(file: string): void {
  rmSync(`${file}.${KEPT}`, { force: true });
  for (let old = KEPT - 1; old >= 0; old--) {
    const from = old === 0 ? file : `${file}.${old}`;
    if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${old + 1}`);
  }
}
