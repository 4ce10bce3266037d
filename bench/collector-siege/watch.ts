import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { progressLine as say } from '../end-to-end/progress-line.ts';
import type { Daemon } from '../peers/daemon.ts';
import { cpuSecondsOf, openFilesOf, peakMemoryOf, residentMemoryOf } from '../process/figures.ts';

/** A collector at one moment. Memory in MiB. */
export interface Moment {
  readonly [name: string]: number;
  readonly seconds: number;
  readonly resident: number;
  readonly peak: number;
  readonly cpu: number;
  readonly spoolBytes: number;
  readonly openFiles: number;
}

/** Sayings in a whole run. */
const SAID = 20;
const LOOK_MS = 5_000;

/** Looks at the collector every few seconds for so long. @throws Error when it ended by itself */
export async function watch(collector: Daemon, spool: string, ms: number, signal: AbortSignal): Promise<Moment[]> {
  const began = performance.now();
  const moments: Moment[] = [];
  const each = Math.max(1, Math.ceil(ms / LOOK_MS / SAID));
  while (performance.now() - began < ms) {
    await wait(Math.min(LOOK_MS, began + ms - performance.now()), undefined, { signal });
    collector.check();
    const moment = look(collector.pid, spool, (performance.now() - began) / 1_000);
    if (moments.push(moment) % each === 0) say(saying(moment));
  }
  return moments;
}

function look(pid: number, spool: string, seconds: number): Moment {
  return {
    seconds: Math.round(seconds),
    resident: residentMemoryOf(pid),
    peak: peakMemoryOf(pid),
    cpu: cpuSecondsOf(pid),
    spoolBytes: folderBytes(spool),
    openFiles: openFilesOf(pid),
  };
}

function saying({ seconds, resident, peak, cpu, spoolBytes, openFiles }: Moment): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  return `${seconds} s: ${resident.toFixed(1)} MiB resident, at most ${peak.toFixed(1)}; ${cpu.toFixed(0)} CPU s; ${mib(spoolBytes)} MiB in the spool; ${openFiles} files open`;
}

function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // A segment that was given up meanwhile has no size.
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
