/** How Node is started where memory counts. */

/** A heap this large is for much that lives and changes: V8's own ways with it cost less CPU. */
const LARGE_HEAP_MIB = 128;

/** V8 told to collect early and to keep little, where the heap is not a large one. @param heapMiB the most that lives @param compilers whether it compiles: for many log lines; 9 MB more */
export function nodeFlags(heapMiB: number, compilers: boolean): string[] {
  if (heapMiB >= LARGE_HEAP_MIB && compilers) return [`--max-old-space-size=${heapMiB}`, '--expose-gc'];
  const flags = [
    `--max-old-space-size=${heapMiB}`,
    '--max-semi-space-size=1',
    '--optimize-for-size',
    '--expose-gc',
    '--single-threaded',
  ];
  return compilers ? flags : [...flags, '--no-sparkplug', '--no-maglev', '--no-opt'];
}

/** The compilers' own pages are 9 MB, and a collector is idle most of the time. */
export const SMALL_FLAGS = nodeFlags(32, false);

/**
 * One heap of the C library instead of one a thread, grown in small steps; pieces of 64 KiB and more stand outside of it, so that they leave no holes, and memory is given back at once; two threads
 * for files (one alone lets a slow fsync hold up all).
 */
export const SMALL_ENVIRONMENT = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '16384',
  MALLOC_MMAP_THRESHOLD_: '65536',
  UV_THREADPOOL_SIZE: '2',
};
