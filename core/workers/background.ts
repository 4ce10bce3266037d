import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** A third of a whole share when others want the processor, and all of it when nobody does. */
const NICE = 5;

/**
 * Lets the other threads of the process go before this one, where the system knows priorities of threads (Linux). Elsewhere
 * nothing changes.
 */
export function inBackground(): void {
  if (process.platform !== 'linux') return;
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICE);
}
