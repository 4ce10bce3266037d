import type { Batch } from './intake.ts';

export interface QueuedBatch {
  readonly batch: Batch;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** How long batches are settled before others get their turn, ms. */
const TURN_MS = 10;

/**
 * Group commit: batches wait a few ms for company, then go to the disk together, in the order in which they came. While one
 * group is on its way the next gathers. `commit` must resolve when its batches are durable.
 */
export class CommitQueue {
  readonly #lingerMs: number;
  readonly #commit: (batches: readonly Batch[]) => Promise<void>;
  readonly #settled: (batch: Batch, error: unknown) => void;
  #queue: QueuedBatch[] = [];
  #running: Promise<void> | null = null;

  constructor(
    lingerMs: number,
    commit: (batches: readonly Batch[]) => Promise<void>,
    settled: (batch: Batch, error: unknown) => void,
  ) {
    this.#lingerMs = lingerMs;
    this.#commit = commit;
    this.#settled = settled;
  }

  push(batch: Batch): Promise<void> {
    return new Promise<void>((done, failed) => {
      this.#queue.push({ batch, done, failed });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is queued or under way; failures are those of the pushes. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#lingerMs));
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      try {
        await this.#commit(group.map(({ batch }) => batch));
      } catch (error) {
        // What was queued meanwhile names groups and series of the records that are lost: it fails as well.
        const all = [...group, ...this.#queue];
        this.#queue = [];
        for (const { batch, failed } of all) {
          this.#settled(batch, error);
          failed(error);
        }
        continue;
      }
      let since = performance.now();
      for (const { batch, done } of group) {
        this.#settled(batch, null);
        done();
        if (performance.now() - since < TURN_MS) continue;
        await new Promise((resolve) => setImmediate(resolve));
        since = performance.now();
      }
    }
    this.#running = null;
  }
}
