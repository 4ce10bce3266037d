import { getHeapStatistics } from 'node:v8';

/**
 * A bound on what is held in memory for others, where the heap may be 32 MiB or 4 GiB: a part of the most that it may grow to.
 * @param most what is enough for any heap
 */
export function heapShare(divisor: number, most: number): number {
  return Math.min(most, Math.floor(getHeapStatistics().heap_size_limit / divisor));
}
