import { setFlagsFromString } from 'node:v8';

/**
 * Lets buffers count as memory of the heap when it is decided to collect all garbage. Unless told, V8 does so whenever 64 MB of buffers were
 * made, however large the heap is: a process through which many MB pass each second then marks all of its objects about once a second, for buffers
 * that are long dead, and that takes more CPU than its work (docs/decisions/log-flood.md). For the process and all its threads, at once.
 */
export function countBuffersWithHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
}
