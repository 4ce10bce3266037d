import type { Bus, BusBatch, BusRecord, ConsumeOptions } from '../../../core/ports/bus.ts';
import { SKETCHES } from '../../../core/rollup/inbox.ts';

/** A bus in memory that has a batch for each `add`; its positions are counts of batches. */
export class SketchLog implements Pick<Bus, 'consume'> {
  /** How many batches are done with. */
  committed = 0;
  readonly #batches: BusBatch[] = [];
  #next = 0;
  #handle: ((batch: BusBatch) => Promise<void>) | null = null;

  /** The newest consumer goes on from what was committed. */
  async consume(_: ConsumeOptions, handle: (batch: BusBatch) => Promise<void>) {
    this.#handle = handle;
    this.#next = this.committed;
    const commit = async (next: string) => {
      this.committed = Number(next);
    };
    return { commit, close: () => Promise.resolve() };
  }

  /** A batch comes. Resolves when it and those before it were taken. */
  async add(records: readonly BusRecord[]): Promise<void> {
    this.#batches.push({ topic: SKETCHES, records, next: String(this.#batches.length + 1) });
    await this.read();
  }

  /** What the consumer does not have yet is taken. */
  async read(): Promise<void> {
    while (this.#next < this.#batches.length) await this.#handle!(this.#batches[this.#next++]!);
  }
}
