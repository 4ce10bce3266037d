import { Ranges } from '../lib/ranges.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { encodeGapsBody } from '../proto/gap.ts';
import type { HostState } from './host-state.ts';
import { Outbox, type OutgoingFrame } from './outbox.ts';

/** Frames kept while the relay cannot be reached: five minutes at a second, and more at ten. */
const OUTBOX: Readonly<Record<DataClass, number>> = { alert: 64, metric: 720, error: 360, log: 720, debug: 180 };

/** A host's frames of all classes that are not acknowledged, and what it has given up: as the disk of the machine, it outlives a restart. */
export class HostQueue {
  readonly #host: HostState;
  readonly #outboxes: Partial<Record<DataClass, Outbox>> = {};
  /** The last sequence of the life before, for the first frame of the present one. */
  readonly #previous = new Map<DataClass, { boot: string; sequence: number }>();
  readonly #droppedSteps = new Ranges();
  readonly #droppedLines = new Ranges();

  constructor(host: HostState) {
    this.#host = host;
  }

  /** Frames of all classes. */
  get length(): number {
    let sum = 0;
    for (const dataClass of DATA_CLASSES) sum += this.#outboxes[dataClass]?.length ?? 0;
    return sum;
  }

  /** Undefined: the host has had no frame of this class yet. */
  outbox(dataClass: DataClass): Outbox | undefined {
    return this.#outboxes[dataClass];
  }

  /** Adds a frame of the present life; what has to be given up for it is declared. */
  add(dataClass: DataClass, items: number, what: Pick<OutgoingFrame, 'rows' | 'body' | 'lines'>): void {
    let outbox = this.#outboxes[dataClass];
    if (!outbox) {
      outbox = new Outbox(OUTBOX[dataClass]);
      this.#outboxes[dataClass] = outbox;
    }
    const { life, shared, skew } = this.#host;
    const sequence = outbox.takeSequence();
    const dropped = outbox.add({
      class: dataClass,
      life,
      sequence,
      // The floor is that of before: the frame itself is not acknowledged.
      floor: Math.min(sequence, outbox.floor(life)),
      created: Math.floor(shared.now() + skew),
      items,
      previous: sequence === 1 ? (this.#previous.get(dataClass) ?? null) : null,
      rows: what.rows,
      body: what.body,
      lines: what.lines,
      messageId: 0,
      sentAt: 0,
      again: false,
    });
    shared.stats.queuedFrames += 1 - dropped.length;
    if (dropped.length > 0) this.#declare(dropped);
  }

  /** @returns the frame that was sent under this identifier, now gone from here; null: it is none */
  acknowledge(messageId: number): OutgoingFrame | null {
    for (const dataClass of DATA_CLASSES) {
      const frame = this.#outboxes[dataClass]?.acknowledge(messageId);
      if (!frame) continue;
      this.#host.shared.stats.queuedFrames--;
      return frame;
    }
    return null;
  }

  /** The connection is gone: whatever was in flight has to be sent again. */
  disconnected(): void {
    for (const dataClass of DATA_CLASSES) this.#outboxes[dataClass]?.disconnected();
  }

  /** The life with this boot is over: the next one counts from one again. */
  endLife(boot: string): void {
    for (const dataClass of DATA_CLASSES) {
      const last = this.#outboxes[dataClass]?.newLife() ?? 0;
      this.#previous.set(dataClass, { boot, sequence: last });
    }
  }

  /** Steps and lines that were given up, or whose acknowledgement has not come. */
  unacknowledged(): { readonly steps: Ranges; readonly lines: Ranges } {
    const steps = new Ranges(this.#droppedSteps.pairs());
    const lines = new Ranges(this.#droppedLines.pairs());
    for (const dataClass of DATA_CLASSES) {
      for (const frame of this.#outboxes[dataClass]?.frames() ?? []) addContents(frame, steps, lines);
    }
    return { steps, lines };
  }

  /** Nothing is given up silently: the relay is told which frames, and why. */
  #declare(dropped: readonly OutgoingFrame[]): void {
    const { stats } = this.#host.shared;
    const gaps = dropped.map((frame) => {
      addContents(frame, this.#droppedSteps, this.#droppedLines);
      if (frame.rows) stats.samplesDropped += frame.items;
      else stats.linesDropped += frame.items;
      const { life, sequence, created, items } = frame;
      const numbers = { from: sequence, to: sequence, frames: 1, items };
      return { boot: life.boot, ...numbers, reason: 'cap', firstTime: created, lastTime: created };
    });
    this.add(dropped[0]!.class, 0, { rows: null, body: encodeGapsBody(gaps), lines: [] });
  }
}

function addContents(frame: OutgoingFrame, steps: Ranges, lines: Ranges): void {
  if (frame.rows) steps.addRange(frame.rows.step, frame.rows.step + frame.rows.instants - 1);
  for (const number of frame.lines) lines.add(number);
}
