import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';

export type Lane = 'live' | 'backfill';

/** How many blocks of a class are worked on at once, by lane. Backfill has a share of its own: beside the live stream, not before it. */
export const CONCURRENCY: Readonly<Record<DataClass, Readonly<Record<Lane, number>>>> = {
  alert: { live: 2, backfill: 1 },
  metric: { live: 6, backfill: 2 },
  error: { live: 4, backfill: 2 },
  log: { live: 4, backfill: 2 },
  debug: { live: 2, backfill: 1 },
};

/** Calls `release` when what is left is only waiting (for a store to have it on disk): others may start then, and its bytes are no pressure. */
export type Work = (release: () => void) => Promise<void>;

interface Queue {
  running: number;
  readonly waiting: { bytes: number; run: Work }[];
}

/**
 * Work by class and lane. A class whose store is slow fills its own queue and holds no other up. Bytes are counted from
 * `push` until the work is done, for back-pressure.
 */
export class Lanes {
  readonly #queues = new Map<string, Queue>();
  readonly #bytes = new Map<DataClass, number>(DATA_CLASSES.map((name) => [name, 0]));
  readonly #onBytes: (dataClass: DataClass, change: number) => void;
  #idle: (() => void)[] = [];

  /** `onBytes` hears how many bytes more (or, below 0, fewer) wait or are worked on. */
  constructor(onBytes: (dataClass: DataClass, change: number) => void) {
    this.#onBytes = onBytes;
  }

  bytes(dataClass: DataClass): number {
    return this.#bytes.get(dataClass)!;
  }

  /** `run` must not reject: what goes wrong is answered to the relay inside. */
  push(dataClass: DataClass, lane: Lane, bytes: number, run: Work): void {
    const key = `${dataClass} ${lane}`;
    let queue = this.#queues.get(key);
    if (!queue) {
      queue = { running: 0, waiting: [] };
      this.#queues.set(key, queue);
    }
    queue.waiting.push({ bytes, run });
    this.#add(dataClass, bytes);
    this.#start(dataClass, lane, queue);
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (!this.#busy()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Forgets what waits (it was never acknowledged, so the relay still has it). */
  clear(): void {
    for (const [key, queue] of this.#queues) {
      const dataClass = key.split(' ')[0] as DataClass;
      for (const work of queue.waiting.splice(0)) this.#add(dataClass, -work.bytes);
    }
  }

  #start(dataClass: DataClass, lane: Lane, queue: Queue): void {
    while (queue.running < CONCURRENCY[dataClass][lane] && queue.waiting.length > 0) {
      const work = queue.waiting.shift()!;
      queue.running++;
      let released = false;
      const release = () => {
        if (released) return;
        released = true;
        queue.running--;
        this.#add(dataClass, -work.bytes);
        this.#start(dataClass, lane, queue);
        if (!this.#busy()) for (const wake of this.#idle.splice(0)) wake();
      };
      void work.run(release).finally(release);
    }
  }

  #busy(): boolean {
    for (const queue of this.#queues.values()) if (queue.running > 0 || queue.waiting.length > 0) return true;
    return false;
  }

  #add(dataClass: DataClass, bytes: number): void {
    this.#bytes.set(dataClass, this.#bytes.get(dataClass)! + bytes);
    this.#onBytes(dataClass, bytes);
  }
}
