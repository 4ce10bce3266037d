import type { AppendRecord } from '../lib/journal/contract.ts';
import { addAmount } from '../lib/ledger.ts';
import type { DataClass } from '../proto/class.ts';
import { encodeFrame, type FrameHeader } from '../proto/frame.ts';
import type { Boot, Hash } from '../proto/hash.ts';
import { hostKey } from './host-account.ts';
import { encodeRecord } from './record.ts';
import type { Sequences } from './sequences.ts';

export interface OwnFramesParts {
  /** Of the frames' class. */
  readonly sequences: Sequences;
  /** The relay's name. */
  readonly host: string;
  readonly boot: Boot;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** A frame that is to be journalled. */
export interface OwnFrame {
  readonly sequence: number;
  readonly record: AppendRecord;
}

/** What the relay itself has to say of one class: frames under its own name, one at a time, each made when the one before is durable. */
export class OwnFrames {
  readonly #class: DataClass;
  readonly #kind: FrameHeader['kind'];
  readonly #parts: OwnFramesParts;
  #sequence = 0;

  constructor(dataClass: DataClass, kind: FrameHeader['kind'], parts: OwnFramesParts) {
    this.#class = dataClass;
    this.#kind = kind;
    this.#parts = parts;
  }

  /** The next one; until one was `kept` all have its number. @param count items in the body @param definitions that it names */
  next(count: number, body: Uint8Array, definitions: readonly Hash[] = [], kind = this.#kind): OwnFrame {
    const { host, boot, now } = this.#parts;
    const sequence = this.#sequence + 1;
    const created = now();
    const frame = encodeFrame(
      // Each is durable before the next is made, so all below the newest is settled.
      { class: this.#class, boot, sequence, floor: sequence, created, count, previous: null, kind },
      body,
    );
    const bytes = encodeRecord({ host, received: created, skew: 0, boot, sequence, definitions, frame });
    return { sequence, record: { bytes, items: count, key: hostKey(host) } };
  }

  /** It is in the journal. */
  kept({ sequence, record: { items } }: OwnFrame): void {
    const { sequences, host, boot } = this.#parts;
    this.#sequence = sequence;
    const state = sequences.of(host, boot);
    state.received.add(sequence);
    state.touched = sequences.now();
    addAmount(state.account.in, { frames: 1, items });
  }
}
