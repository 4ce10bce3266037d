import type { JournalReader } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { addAmount } from '../lib/ledger.ts';
import type { Logger } from '../lib/log.ts';
import type { DataClass } from '../proto/class.ts';
import { type Block, type Entry, type LaneName, makeBlock, splitBlock } from './block.ts';
import { Lane } from './lane.ts';
import { LaneReader } from './lane-reader.ts';
import { Repeats } from './repeats.ts';
import { FORWARD_READER } from './sequence-memory.ts';
import type { Sequences } from './sequences.ts';
import { type FrameStage, NOTHING_LOST } from './shape/stage.ts';
import type { LaneState } from './status/contract.ts';

export interface ForwarderOptions {
  readonly class: DataClass;
  readonly relay: string;
  readonly journal: Journal;
  readonly sequences: Sequences;
  readonly log: Logger;
  /** The journal's clock. */
  readonly now: () => number;
  readonly blockBytes: number;
  readonly lingerMs: number;
  readonly lagMs: number;
  readonly window: number;
  readonly nextId: () => number;
  /** What changes frames before they go on; null: nothing does. */
  readonly stage: FrameStage | null;
  /** Which frames go as a block of their own, before the others; null: all go together. */
  readonly apart: (entries: readonly Entry[]) => { readonly known: Entry[]; readonly others: Entry[] } | null;
  /** A block is ready. */
  readonly kick: () => void;
  /** Keeps what the core will never take; rejects when it could not be written now. */
  readonly deadLetter: (block: Block, code: string, message: string) => Promise<void>;
}

/** A dead letter that cannot be written is tried again after this. */
const LETTER_RETRY_MS = 5000;

/**
 * Brings one class to the core: makes blocks of what its two lanes read, and acknowledges records when the core has them.
 * No class waits for another.
 */
export class Forwarder {
  readonly class: DataClass;
  readonly live: Lane;
  readonly backfill: Lane;
  readonly #options: ForwarderOptions;
  readonly #reader: JournalReader;
  readonly #lanes: LaneReader;
  readonly #repeats = new Repeats();
  /** Refused for now, or being put away for good: with nobody, but in their lane's window still. */
  readonly #aside = new Set<Block>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopListening: () => void;
  #connected = false;
  #closed = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.class = options.class;
    this.#reader = options.journal.reader(options.class, FORWARD_READER);
    this.live = new Lane('live', options.window);
    this.backfill = new Lane('backfill', options.window);
    const { live, backfill } = this;
    this.#lanes = new LaneReader({ ...options, reader: this.#reader, live, backfill, repeats: this.#repeats });
    this.#lanes.begin();
    this.#stopListening = this.#reader.onAppend(() => this.#appended());
  }

  /** A stream to a core is open. What came while there was none goes to the backfill lane: fresh before old. */
  connected(): void {
    this.#connected = true;
    this.#lanes.leaveBehind();
    this.#resume();
  }

  /** The stream is gone: whatever was with the core is sent again, under the same block ids. */
  disconnected(): void {
    this.#connected = false;
    const { live, backfill } = this;
    const again = [...live.inFlight.values(), ...backfill.inFlight.values(), ...live.resend, ...backfill.resend];
    for (const lane of [live, backfill]) {
      if (lane.ready) again.push(lane.ready);
      lane.ready = null;
      lane.inFlight.clear();
      lane.resend = [];
    }
    again.sort((a, b) => a.id - b.id);
    for (const block of again) block.lane = 'backfill';
    for (const block of this.#aside) block.lane = 'backfill';
    backfill.resend = again;
    backfill.bytes += live.bytes;
    live.bytes = 0;
  }

  /** Takes a lane's ready block; it counts as being with the core from now on. */
  take(lane: Lane): Block | null {
    const block = lane.ready;
    if (!block) return null;
    lane.ready = null;
    lane.inFlight.set(block.id, block);
    this.#prepare(lane);
    return block;
  }

  /** The core has a block durably. @returns it, if it was one of this class's */
  acknowledged(id: number): Block | null {
    const block = this.#leave(id);
    if (!block) return null;
    this.#home(block).bytes -= block.payload.length;
    for (const taken of block.records) {
      // A segment that went while its frames were on the way: they arrived, so they were not lost after all.
      const { account } = taken.state;
      const { items, sent, lost } = taken;
      const outcome = lost === NOTHING_LOST ? 'out' : { out: sent, rest: lost };
      const gone = this.#reader.acknowledge(taken, outcome) ? null : this.#reader.arrived(taken, outcome);
      if (gone === null) account.send(sent, lost);
      else account.regain(gone, items, sent, lost);
    }
    this.#settle(block);
    return block;
  }

  /** The core refuses a block: for now, or for ever. @returns whether it was one of this class's */
  refused(id: number, code: string, message: string, retryAfterMs: number): boolean {
    const block = this.#leave(id);
    if (!block) return false;
    if (retryAfterMs > 0) {
      // It keeps its place in the window, so a class that is refused holds itself back and nobody else.
      this.#aside.add(block);
      this.#later(() => {
        this.#aside.delete(block);
        const home = this.#home(block);
        home.resend.push(block);
        this.#prepare(home);
      }, retryAfterMs);
    } else if (block.records.length > 1) {
      const home = this.#home(block);
      const halves = splitBlock(block, this.#options.relay, this.#options.nextId);
      for (const half of halves) home.bytes += half.payload.length;
      home.bytes -= block.payload.length;
      home.resend.push(...halves);
      this.#prepare(home);
    } else {
      this.#aside.add(block);
      void this.#giveUp(block, code, message);
    }
    return true;
  }

  /** What waits for the core, by lane. */
  waiting(): Readonly<Record<LaneName, LaneState>> {
    const { live, backfill } = this;
    const left = backfill.spans.reduce((sum, { from, to }) => sum + to - from, 0);
    return { live: stateOf(live, this.#lanes.ahead), backfill: stateOf(backfill, left) };
  }

  /** Blocks that are with the core. */
  get underWay(): number {
    return this.live.inFlight.size + this.backfill.inFlight.size;
  }

  /** Makes no more blocks; the core's answers to those that are with it are still taken. */
  close(): void {
    this.#closed = true;
    this.#connected = false;
    this.#stopListening();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const lane of [this.live, this.backfill]) if (lane.timer) clearTimeout(lane.timer);
  }

  async #giveUp(block: Block, code: string, message: string): Promise<void> {
    try {
      await this.#options.deadLetter(block, code, message);
    } catch (error) {
      this.#options.log.error('dead letter cannot be written; trying again', {
        class: this.class,
        error: String(error),
      });
      this.#later(() => void this.#giveUp(block, code, message), LETTER_RETRY_MS);
      return;
    }
    this.#aside.delete(block);
    this.#home(block).bytes -= block.payload.length;
    for (const taken of block.records) {
      if (this.#reader.acknowledge(taken, { dropped: code })) taken.state.account.drop(code, taken.items);
    }
    this.#settle(block);
  }

  #home(block: Block): Lane {
    return block.lane === 'live' ? this.live : this.backfill;
  }

  #leave(id: number): Block | null {
    for (const lane of [this.live, this.backfill]) {
      const block = lane.inFlight.get(id);
      if (!block) continue;
      lane.inFlight.delete(id);
      return block;
    }
    return null;
  }

  /** What became of the block's frames is decided: for the repeats of them too. */
  #settle(block: Block): void {
    for (const { state, sequence } of block.records) {
      state.settled.add(sequence);
      for (const place of this.#repeats.settled(state, sequence)) {
        if (this.#reader.acknowledge(place, 'repeated'))
          addAmount(state.account.repeated, { frames: 1, items: place.items });
      }
    }
    this.#resume();
  }

  #resume(): void {
    this.#prepare(this.live);
    this.#prepare(this.backfill);
  }

  #appended(): void {
    if (!this.#connected) return;
    if (this.#lanes.ahead >= this.#options.blockBytes) this.#prepare(this.live);
    else this.#wait(this.live, this.#options.lingerMs);
  }

  #wait(lane: Lane, ms: number): void {
    if (lane.timer || this.#closed) return;
    lane.timer = setTimeout(() => {
      lane.timer = null;
      this.#prepare(lane);
    }, ms);
  }

  /** Makes a lane's next block, if there is something to send and room in its window. */
  #prepare(lane: Lane): void {
    if (!this.#connected || lane.preparing || lane.ready) return;
    const again = lane.resend.shift();
    if (again) {
      lane.ready = again;
      this.#options.kick();
      return;
    }
    if (lane.bytes >= lane.window || this.#repeats.full || !this.#lanes.has(lane)) return;
    lane.preparing = true;
    this.#build(lane).then(
      (more) => {
        lane.preparing = false;
        if (lane.ready) this.#options.kick();
        else if (more) this.#resume();
      },
      (error) => {
        lane.preparing = false;
        this.#options.log.error('the journal cannot be read; trying again', {
          class: this.class,
          error: String(error),
        });
        this.#wait(lane, 1000);
        // What live had read already is left to backfill.
        this.#wait(this.backfill, 1000);
      },
    );
  }

  /** @returns whether there may be more to read */
  async #build(lane: Lane): Promise<boolean> {
    const entries = await this.#lanes.next(lane);
    if (entries === null || entries.length === 0) return entries !== null || this.#lanes.has(this.backfill);
    const apart = this.#options.apart(entries);
    for (const some of apart ? [apart.known, apart.others] : [entries]) this.#made(lane, some);
    return false;
  }

  #made(lane: Lane, entries: readonly Entry[]): void {
    const block = makeBlock(this.#options.nextId(), this.class, lane.name, this.#options.relay, entries);
    // The stream broke meanwhile: the block waits with the others.
    if (!this.#connected) block.lane = 'backfill';
    const home = this.#home(block);
    home.bytes += block.payload.length;
    if (this.#connected && lane.ready === null) lane.ready = block;
    else home.resend.push(block);
  }

  #later(run: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) run();
    }, ms);
    this.#timers.add(timer);
  }
}

function stateOf(lane: Lane, unreadBytes: number): LaneState {
  return {
    unreadBytes,
    blockBytes: lane.bytes,
    withCore: lane.inFlight.size,
    again: lane.resend.length,
  };
}
