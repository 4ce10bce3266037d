import { HeliographError } from '../../lib/errors.ts';
import type { JournalReader, JournalRecord, RecordOutcome } from '../../lib/journal/contract.ts';
import type { BusBatch, BusRecord, Consumer } from '../ports/bus.ts';
import { decodeBusRecord } from './record.ts';

/** After a handler failed, its batch comes again; the wait grows from the first to the last number, in ms. */
const RETRY_MS = [50, 5_000] as const;

export interface ConsumerParts {
  readonly topic: string;
  readonly reader: JournalReader;
  readonly from: number;
  readonly maxBytes: number;
  readonly handle: (batch: BusBatch) => Promise<void>;
  readonly timer: (run: () => void, ms: number) => () => void;
  readonly flush: () => Promise<void>;
  readonly positionText: (position: number) => string;
  readonly positionOf: (text: string) => number;
  /** Told of a failed handler, and of a record that is none; both are gone on from. */
  readonly onError: (error: unknown) => void;
}

type Delivered = Pick<JournalRecord, 'start' | 'end' | 'items'> & { readonly outcome: RecordOutcome };

/** One group on one topic: gives batches in order, one at a time. */
export class EmbeddedConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  #delivered: Delivered[] = [];
  #closed = false;
  /** Something came since the last look: it may have come before the sleep began. */
  #appended = false;
  #wake: (() => void) | null = null;
  readonly #running: Promise<void>;
  readonly #unsubscribe: () => void;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.reader.onAppend(() => {
      this.#appended = true;
      this.#wake?.();
    });
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    let position = this.#parts.from;
    let retry: number = RETRY_MS[0];
    while (!this.#closed) {
      try {
        this.#appended = false;
        const next = await this.#step(position);
        retry = RETRY_MS[0];
        if (next === position && !this.#appended) await this.#sleep(null);
        position = next;
      } catch (error) {
        this.#parts.onError(error);
        await this.#sleep(retry);
        retry = Math.min(retry * 2, RETRY_MS[1]);
      }
    }
  }

  async #step(position: number): Promise<number> {
    const { reader, maxBytes, topic, handle } = this.#parts;
    const { records, next } = await reader.read(position, maxBytes, true);
    if (records.length === 0) return next;
    const good: BusRecord[] = [];
    const delivered: Delivered[] = [];
    for (const { bytes, start, end, items } of records) {
      let outcome: RecordOutcome = 'out';
      try {
        good.push(decodeBusRecord(bytes));
      } catch (error) {
        if (!(error instanceof HeliographError)) throw error;
        this.#parts.onError(error);
        outcome = { dropped: 'undecodable' };
      }
      delivered.push({ start, end, items, outcome });
    }
    // The handler may commit before it resolves.
    const before = this.#delivered.length;
    this.#delivered.push(...delivered);
    try {
      await handle({ topic, records: good, next: this.#parts.positionText(next) });
    } catch (error) {
      this.#delivered.length = Math.min(this.#delivered.length, before);
      throw error;
    }
    return next;
  }

  #sleep(ms: number | null): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        cancel?.();
        this.#wake = null;
        resolve();
      };
      const cancel = ms === null ? null : this.#parts.timer(finish, ms);
      // A failed batch waits its time out; new records do not hurry it.
      this.#wake = () => {
        if (ms === null || this.#closed) finish();
      };
    });
  }

  async commit(next: string): Promise<void> {
    const position = this.#parts.positionOf(next);
    let done = 0;
    while (done < this.#delivered.length && this.#delivered[done]!.end <= position) done++;
    for (const record of this.#delivered.splice(0, done)) this.#parts.reader.acknowledge(record, record.outcome);
    await acknowledgeTo(this.#parts.reader, position);
    await this.#parts.flush();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    this.#wake?.();
    await this.#running;
  }
}

/** Acknowledges what lies before a position and was never given out: a consumer that started behind it had it already. */
export async function acknowledgeTo(reader: JournalReader, position: number): Promise<void> {
  for (let at = reader.floor(); at < position; ) {
    const { records, next } = await reader.read(at, 1024 * 1024);
    if (records.length === 0) return;
    for (const record of records) if (record.end <= position) reader.acknowledge(record, 'out');
    at = next;
  }
}
