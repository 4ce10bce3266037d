import { type Amount, addAmount, emptyAmount, type LedgerEntry } from '../lib/ledger.ts';
import { Ranges } from '../lib/ranges.ts';
import type { DataClass } from '../proto/class.ts';
import type { ClassStatus } from '../proto/message.ts';
import type { Life } from './life.ts';

/** A frame on its way: kept until the relay has acknowledged it, and sent again, byte for byte, on the next connection. */
export interface OutgoingFrame {
  readonly class: DataClass;
  readonly life: Life;
  readonly sequence: number;
  readonly floor: number;
  readonly created: number;
  readonly items: number;
  readonly previous: { readonly boot: string; readonly sequence: number } | null;
  /** Samples are not kept: they are written anew, the same, from the first step and the number of instants. */
  readonly rows: { readonly step: number; readonly instants: number } | null;
  /** A body of lines, with the numbers of the lines; or of a declared drop, with none. */
  readonly body: Uint8Array | null;
  readonly lines: readonly number[];
  /** In flight under this packet identifier; 0: not in flight. */
  messageId: number;
  sentAt: number;
  /** It was sent before, on a connection that ended. */
  again: boolean;
}

/** Frames of one class in flight at once. */
const WINDOW = 8;

/** A host's frames of one class that are not acknowledged: some in flight, the rest in order behind them. */
export class Outbox {
  readonly #most: number;
  readonly #frames: OutgoingFrame[] = [];
  #inFlight = 0;
  readonly #in: Amount = emptyAmount();
  readonly #out: Amount = emptyAmount();
  readonly #dropped: Amount = emptyAmount();
  #next = 1;

  /** @param most frames kept; beyond, the oldest that is not in flight is given up */
  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#frames.length;
  }

  frames(): readonly OutgoingFrame[] {
    return this.#frames;
  }

  /** The sequence for the next frame of the present life. */
  takeSequence(): number {
    return this.#next++;
  }

  get next(): number {
    return this.#next;
  }

  /** A new life counts from one again; the last sequence of the one before, 0 if it had none. */
  newLife(): number {
    const last = this.#next - 1;
    this.#next = 1;
    return last;
  }

  /** Everything of this life below it is acknowledged or given up. */
  floor(life: Life): number {
    // Within a life they stand in the order of their sequences.
    for (const frame of this.#frames) if (frame.life === life) return frame.sequence;
    return this.#next;
  }

  /** Where the class stands in a life, for the host's status. */
  status(life: Life): ClassStatus {
    const floor = this.floor(life);
    const waiting = new Ranges();
    let queuedItems = 0;
    for (const frame of this.#frames) {
      queuedItems += frame.items;
      if (frame.life === life) waiting.add(frame.sequence);
    }
    return {
      next: this.#next,
      floor,
      acknowledged: this.#frames.length === 0 ? [] : waiting.missing(floor, this.#next - 1).slice(0, 64),
      queuedFrames: this.#frames.length,
      queuedItems,
      queuedBytes: this.#frames.reduce((sum, frame) => sum + (frame.body?.length ?? frame.items), 0),
    };
  }

  /** @returns what had to be given up for it: a part of the oldest, so that it is declared in few frames */
  add(frame: OutgoingFrame): OutgoingFrame[] {
    this.#frames.push(frame);
    addAmount(this.#in, { frames: 1, items: frame.items });
    const dropped: OutgoingFrame[] = [];
    // A declared drop makes no room, and is not dropped itself.
    if (frame.items === 0 || this.#frames.length <= this.#most) return dropped;
    for (let at = 0; at < this.#frames.length - 1 && dropped.length < this.#most / 8; ) {
      const one = this.#frames[at]!;
      if (one.messageId === 0 && one.items > 0) dropped.push(...this.#frames.splice(at, 1));
      else at++;
    }
    for (const one of dropped) addAmount(this.#dropped, { frames: 1, items: one.items });
    return dropped;
  }

  /** The next frame that may be sent now; it counts as in flight under the identifier. */
  takeReady(messageId: () => number, now: number): OutgoingFrame | null {
    if (this.#inFlight >= WINDOW || this.#inFlight >= this.#frames.length) return null;
    for (const frame of this.#frames) {
      if (frame.messageId !== 0) continue;
      frame.messageId = messageId();
      frame.again = frame.sentAt > 0;
      frame.sentAt = now;
      this.#inFlight++;
      return frame;
    }
    return null;
  }

  /** @returns the frame that was sent under this identifier, now gone from here; null: it is not one of these */
  acknowledge(messageId: number): OutgoingFrame | null {
    const at = this.#frames.findIndex((frame) => frame.messageId === messageId);
    const [frame] = at < 0 ? [] : this.#frames.splice(at, 1);
    if (!frame) return null;
    this.#inFlight--;
    addAmount(this.#out, { frames: 1, items: frame.items });
    return frame;
  }

  /** The connection is gone: whatever was in flight has to be sent again. */
  disconnected(): void {
    this.#inFlight = 0;
    for (const frame of this.#frames) frame.messageId = 0;
  }

  ledgerEntry(dataClass: DataClass): LedgerEntry {
    return {
      class: dataClass,
      in: { ...this.#in },
      out: { ...this.#out },
      queued: { frames: this.#frames.length, items: this.#frames.reduce((sum, frame) => sum + frame.items, 0) },
      repeated: emptyAmount(),
      dropped: this.#dropped.frames > 0 ? { cap: { ...this.#dropped } } : {},
    };
  }
}
