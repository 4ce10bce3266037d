import { appendFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { NumberedLines } from '../log-flood/numbered-lines.ts';
import { LINE_BYTES } from '../log-lines.ts';
import { type Rotation, rotate } from './kinds.ts';

/** Slices a second. */
const SLICES = 20;
/** Between two looks whether it is held still. */
const HELD_MS = 20;

export interface WrittenLines {
  readonly lines: number;
  readonly bytesPerSecond: number;
  /** ms between rotations. */
  readonly everyMs: number;
  readonly rotation: Rotation;
  /** What waits as long as it is held. */
  readonly held: { readonly writing: boolean; readonly rotation: boolean };
}

/** How it went: how often it was rotated, and how long it was written to. */
export interface Written {
  readonly rotations: number;
  readonly seconds: number;
}

/** Writes numbered lines to a file at a pace, and rotates it between two writes, so that no line is lost between a copy and its truncation. */
export async function writeRotating(
  file: string,
  { lines, bytesPerSecond, everyMs, rotation, held }: WrittenLines,
  signal: AbortSignal,
): Promise<Written> {
  const source = new NumberedLines();
  const slice = Math.ceil(bytesPerSecond / LINE_BYTES / SLICES);
  let began = performance.now();
  const packing: Promise<void>[] = [];
  let next = began + everyMs;
  let rotations = 0;
  for (let at = 0; at < lines && !signal.aborted; ) {
    const till = Math.min(lines, at + slice);
    const bytes = new Uint8Array((till - at) * LINE_BYTES).fill(0x0a);
    for (let number = at; number < till; number++) bytes.set(source.message(number), (number - at) * LINE_BYTES);
    await appendFile(file, bytes);
    at = till;
    if (performance.now() >= next && at < lines && !held.rotation) {
      packing.push(rotate(file, rotation, ++rotations));
      next = performance.now() + everyMs;
    }
    await wait(Math.max(0, began + (at / slice / SLICES) * 1000 - performance.now()));
    const stood = performance.now();
    while (held.writing && !signal.aborted) await wait(HELD_MS);
    began += performance.now() - stood;
  }
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(packing);
  return { rotations, seconds };
}
