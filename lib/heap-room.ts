import { getHeapStatistics } from 'node:v8';

/** Beyond this part of the most that the heap may grow to there is no room for what can wait. */
const FULL = 0.85;
/** What is garbage is known after a collection, which takes some 40 ms of a small heap: no oftener than so, ms. */
const COLLECT_MS = 500;

/** Whether the heap has room: what bounds of single things did not foresee is refused before it ends the process. */
export class HeapRoom {
  readonly #mono: () => number;
  #collectedAt = Number.NEGATIVE_INFINITY;

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** Needs `--expose-gc` to tell garbage from what lives; without it V8's own last word is taken. */
  get isFull(): boolean {
    if (!isFull()) return false;
    const now = this.#mono();
    if (globalThis.gc === undefined || now - this.#collectedAt < COLLECT_MS) return true;
    this.#collectedAt = now;
    globalThis.gc();
    return isFull();
  }
}

function isFull(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used > FULL * limit;
}
