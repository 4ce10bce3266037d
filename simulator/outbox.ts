import { type Amount, emptyAmount, type LedgerEntry } from '../lib/ledger.ts';
import { Ranges } from '../lib/ranges.ts';
import type { DataClass } from '../proto/class.ts';
import type { ClassStatus } from '../proto/message.ts';

/** A frame on its way: kept until the relay has acknowledged it, and sent again, byte for byte, on the next connection. */
export interface OutgoingFrame {
  readonly class: DataClass;
  readonly sequence: number;
  readonly items: number;
  readonly bytes: Uint8Array;
  readonly acknowledged: () => void;
}

/** Frames of one class in flight at once. */
const WINDOW = 8;

/** A simulated host's frames of one class that are not acknowledged: some in flight, the rest in order behind them. */
export class Outbox {
  readonly #frames: OutgoingFrame[] = [];
  readonly #inFlight = new Set<number>();
  readonly #in: Amount = emptyAmount();
  readonly #out: Amount = emptyAmount();
  #next = 1;

  get length(): number {
    return this.#frames.length;
  }

  /** The sequence for the next frame. */
  takeSequence(): number {
    return this.#next++;
  }

  /** Everything below it is acknowledged. */
  floor(): number {
    return this.#frames[0]?.sequence ?? this.#next;
  }

  /** Where the class stands, for the host's status. */
  status(): ClassStatus {
    const waiting = new Ranges(this.#frames.map((frame) => [frame.sequence, frame.sequence]));
    const floor = this.floor();
    return {
      next: this.#next,
      floor,
      acknowledged: waiting.missing(floor, this.#next - 1),
      queuedFrames: this.#frames.length,
      queuedItems: this.#frames.reduce((sum, frame) => sum + frame.items, 0),
      queuedBytes: this.#frames.reduce((sum, frame) => sum + frame.bytes.length, 0),
    };
  }

  add(frame: OutgoingFrame): void {
    this.#frames.push(frame);
    this.#in.frames++;
    this.#in.items += frame.items;
  }

  /** The frames that may be sent now; they count as in flight from here on. */
  *ready(): Generator<OutgoingFrame> {
    for (const frame of this.#frames) {
      if (this.#inFlight.size >= WINDOW) return;
      if (this.#inFlight.has(frame.sequence)) continue;
      this.#inFlight.add(frame.sequence);
      yield frame;
    }
  }

  acknowledge(sequence: number): void {
    this.#inFlight.delete(sequence);
    const at = this.#frames.findIndex((frame) => frame.sequence === sequence);
    const [frame] = at < 0 ? [] : this.#frames.splice(at, 1);
    if (!frame) return;
    this.#out.frames++;
    this.#out.items += frame.items;
    frame.acknowledged();
  }

  /** The class's account: nothing is ever dropped or repeated here. */
  ledgerEntry(dataClass: DataClass): LedgerEntry {
    const { queuedFrames, queuedItems } = this.status();
    const queued = { frames: queuedFrames, items: queuedItems };
    return {
      class: dataClass,
      in: { ...this.#in },
      out: { ...this.#out },
      queued,
      repeated: emptyAmount(),
      dropped: {},
    };
  }

  /** The connection is gone: whatever was in flight has to be sent again. */
  disconnected(): void {
    this.#inFlight.clear();
  }
}
