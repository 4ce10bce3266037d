import { copyFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { NumberedLines } from '../log-flood/numbered-lines.ts';
import { LINE_BYTES } from '../log-lines.ts';

/** As logrotate does it: by rename (`create`), by a copy and a truncation (`copytruncate`), and by removing the file. */
export const ROTATIONS = ['create', 'copytruncate', 'delete'] as const;
export type Rotation = (typeof ROTATIONS)[number];

/** Slices a second. */
const SLICES = 20;

/**
 * Writes numbered lines to a file at a pace, and rotates it between two writes, so that no line is lost between a copy and its truncation.
 * @param bytesPerSecond of lines @param everyMs between rotations
 */
export async function writeRotating(
  file: string,
  { lines, bytesPerSecond, everyMs, rotation }: WrittenLines,
  signal: AbortSignal,
): Promise<void> {
  const source = new NumberedLines();
  const slice = Math.ceil(bytesPerSecond / LINE_BYTES / SLICES);
  const began = performance.now();
  let rotations = 0;
  for (let at = 0; at < lines && !signal.aborted; ) {
    const till = Math.min(lines, at + slice);
    const bytes = new Uint8Array((till - at) * LINE_BYTES).fill(0x0a);
    for (let number = at; number < till; number++) bytes.set(source.message(number), (number - at) * LINE_BYTES);
    await appendFile(file, bytes);
    at = till;
    if (performance.now() - began > (rotations + 1) * everyMs && at < lines) {
      rotate(file, rotation, ++rotations);
    }
    await wait(Math.max(0, began + (at / slice / SLICES) * 1000 - performance.now()));
  }
}

export interface WrittenLines {
  readonly lines: number;
  readonly bytesPerSecond: number;
  readonly everyMs: number;
  readonly rotation: Rotation;
}

function rotate(file: string, rotation: Rotation, number: number): void {
  if (rotation === 'delete') unlinkSync(file);
  else if (rotation === 'create') renameSync(file, `${file}.${number}`);
  else {
    copyFileSync(file, `${file}.${number}`);
    truncateSync(file);
  }
}
