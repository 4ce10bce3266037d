import { HeliographError } from '../../../lib/errors.ts';
import type { Batch } from '../../../lib/ingest/batch.ts';
import type { Logger } from '../../../lib/log.ts';

export interface DeliveryOptions {
  /** Resolves when what of the batch can be taken is in the journal. */
  readonly take: (batch: Batch) => Promise<unknown>;
  /** Bytes that may wait. */
  readonly most: number;
  /** There is room again, after there was none. */
  readonly onRoom: () => void;
  /** Lines that will not come to the journal. */
  readonly onLost: (lines: number, why: string) => void;
  readonly log: Logger;
}

/** Batches that are on their way to the disk at once: the journal writes them together. */
const UNDER_WAY = 4;
/** A journal that has no room, or is told to wait, is asked again after this, ms, and after twice as long each time: each try costs what a batch costs. */
const AGAIN_MS = 250;
const MOST_AGAIN_MS = 4_000;
/** Above this part of `most` it is full, and below half of it there is room again. */
const ROOM = 0.5;
/** What goes away by itself. */
const PASSING: ReadonlySet<string> = new Set(['HG_DOOR_PRESSURE', 'HG_JOURNAL_FULL', 'HG_JOURNAL_DISK']);

interface Entry {
  readonly batch: Batch;
  readonly bytes: number;
  readonly done: () => void;
}

/** Brings batches to the journal, in their order and again until it takes them, and says when too much of that waits. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #waiting: Entry[] = [];
  readonly #pauses = new Set<() => void>();
  #underWay = 0;
  #bytes = 0;
  #full = false;
  #closing = false;
  #idle: (() => void) | null = null;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Of all batches that are not in the journal. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Put nothing more in, until `onRoom` says so: or lose what goes beyond. */
  get full(): boolean {
    return this.#full;
  }

  /** @param done called when it is in the journal, or lost */
  put(batch: Batch, bytes: number, done: () => void): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#options.most) this.#full = true;
    this.#waiting.push({ batch, bytes, done });
    this.#next();
  }

  /** Resolves when nothing is under way. What the journal does not take now is lost, and told. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const end of this.#pauses) end();
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #next(): void {
    // While one is put off, the others would be, too.
    while (this.#underWay < UNDER_WAY && this.#waiting.length > 0 && this.#pauses.size === 0) {
      this.#underWay++;
      void this.#bring(this.#waiting.shift()!);
    }
    if (this.#underWay === 0) this.#idle?.();
  }

  async #bring({ batch, bytes, done }: Entry): Promise<void> {
    for (let ms = AGAIN_MS; !(await this.#tried(batch)); ms = Math.min(ms * 2, MOST_AGAIN_MS)) await this.#pause(ms);
    this.#underWay--;
    this.#bytes -= bytes;
    done();
    if (this.#full && this.#bytes < this.#options.most * ROOM) {
      this.#full = false;
      this.#options.onRoom();
    }
    this.#next();
  }

  /** False: it is to be tried again. */
  async #tried(batch: Batch): Promise<boolean> {
    const { take, onLost, log } = this.#options;
    try {
      batch.rejected.length = 0;
      await take(batch);
      return true;
    } catch (error) {
      const code = error instanceof HeliographError ? error.code : 'other';
      if (PASSING.has(code) && !this.#closing) return false;
      log.error('lines of syslog are lost', { lines: batch.lines.length, error: String(error) });
      onLost(batch.lines.length, code);
      return true;
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#closing) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#pauses.add(end);
    });
  }
}
