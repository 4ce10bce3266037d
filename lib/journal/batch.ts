import type { AppendRecord } from './contract.ts';
import { type Crc32, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, type Tally, viewOf, writeRecord } from './record.ts';

export type AppendDone<E> = (error: E | null, position: number) => void;

/** A collector has two of these for each class, and most of its frames are smaller. */
const FIRST_BYTES = 4 * 1024;
/** A buffer that grew beyond this in a burst is let go afterwards. */
const KEEP_BYTES = 4 * 1024 * 1024;

/** Records on their way into a segment: one buffer, with room for a segment header in front, so that one write is enough. */
export class Batch<E> {
  bytes = new Uint8Array(FIRST_BYTES);
  view: DataView = viewOf(this.bytes);
  used = SEGMENT_HEADER_BYTES;
  start = 0;
  before: Tally = { records: 0, items: 0 };
  records = 0;
  items = 0;
  lastTime = 0;
  done: (AppendDone<E> | null)[] = [];
  starts: number[] = [];

  /** Empties it; the next record is at `start`. */
  reset(start: number, before: Readonly<Tally>): void {
    if (this.bytes.length > KEEP_BYTES) {
      this.bytes = new Uint8Array(FIRST_BYTES);
      this.view = viewOf(this.bytes);
    }
    this.used = SEGMENT_HEADER_BYTES;
    this.start = start;
    this.before = { ...before };
    this.records = 0;
    this.items = 0;
    this.done = [];
    this.starts = [];
  }

  get end(): number {
    return this.start + this.used - SEGMENT_HEADER_BYTES;
  }

  /** What the chain has taken in after the last record. */
  get after(): Tally {
    return { records: this.before.records + this.records, items: this.before.items + this.items };
  }

  add(record: AppendRecord, time: number, crc32: Crc32, done: AppendDone<E> | null): void {
    this.#grow(RECORD_HEADER_BYTES + record.bytes.length);
    const position = this.end;
    this.used += writeRecord(this.bytes, this.view, this.used, position, record, time, this.after, crc32);
    this.records++;
    this.items += record.items;
    this.lastTime = time;
    this.done.push(done);
    this.starts.push(position);
  }

  #grow(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.used + more, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.used));
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}
