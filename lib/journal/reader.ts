import type { Chain } from './chain.ts';
import type { JournalReader, JournalRecord, RecordOutcome } from './contract.ts';
import type { Cursor } from './cursor.ts';
import type { Crc32 } from './record.ts';
import { type Scan, scanRecords } from './scan.ts';

/** Reads one chain under one name. Several lanes may share it: each keeps its own position, all share the cursor. */
export class ChainReader implements JournalReader {
  readonly #chain: Chain;
  readonly #cursor: Cursor;
  readonly #crc32: Crc32;
  readonly #touched: () => void;

  constructor(chain: Chain, cursor: Cursor, crc32: Crc32, touched: () => void) {
    this.#chain = chain;
    this.#cursor = cursor;
    this.#crc32 = crc32;
    this.#touched = touched;
  }

  async read(position: number, maxBytes: number, again = false): Promise<{ records: JournalRecord[]; next: number }> {
    const chain = this.#chain;
    const cursor = this.#cursor;
    let at = Math.max(position, chain.start);
    for (;;) {
      at = Math.max(again ? at : cursor.skip(at), chain.start);
      if (at >= chain.end) return { records: [], next: Math.max(position, at) };
      const segment = chain.segmentAt(at)!;
      const limit = chain.endOf(segment);
      let scan: Scan;
      try {
        scan = await scanRecords(segment, at, limit, Math.min(maxBytes, limit - at), this.#crc32);
      } catch (error) {
        // The segment may have been given up meanwhile; then the next one is where to go on.
        if (!chain.segments.includes(segment)) continue;
        throw error;
      }
      await chain.used(segment);
      if (scan.damaged) {
        if (chain.segments.includes(segment)) await chain.reconcile(segment);
        at = scan.next;
        continue;
      }
      at = scan.next;
      const records = again ? scan.records : scan.records.filter((record) => !cursor.covers(record.start));
      if (records.length > 0) return { records, next: at };
    }
  }

  floor(): number {
    return this.#cursor.floor;
  }

  acknowledged(): readonly (readonly [number, number])[] {
    return this.#cursor.intervals;
  }

  acknowledge(record: Pick<JournalRecord, 'start' | 'end' | 'items'>, outcome: RecordOutcome): boolean {
    if (this.#cursor.covers(record.start)) return false;
    const segment = this.#chain.segmentAt(record.start);
    if (segment === undefined || record.end > this.#chain.end) return false;
    this.#cursor.settle(segment.start, 1, record.items, outcome);
    this.#cursor.cover(record.start, record.end);
    this.#touched();
    return true;
  }

  arrived(record: Pick<JournalRecord, 'start' | 'items'>, outcome: RecordOutcome): string | null {
    const reasons = record.start < this.#chain.start ? ['cap', 'age'] : ['corrupt'];
    const reason = this.#cursor.regain(record.items, reasons, outcome);
    if (reason !== null) this.#touched();
    return reason;
  }

  onAppend(run: () => void): () => void {
    // An own function each time: two lanes may pass the same one.
    const listener = () => run();
    this.#chain.listeners.add(listener);
    return () => this.#chain.listeners.delete(listener);
  }
}
