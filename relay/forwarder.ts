import type { JournalReader, JournalRecord } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Logger } from '../lib/log.ts';
import type { DataClass } from '../proto/class.ts';
import { type Block, type Entry, makeBlock, splitBlock, type Taken } from './block.ts';
import { Lane } from './lane.ts';
import { decodeRecord } from './record.ts';
import { FORWARD_READER } from './sequence-memory.ts';
import type { SequenceState, Sequences } from './sequences.ts';

export interface ForwarderOptions {
  readonly class: DataClass;
  readonly relay: string;
  readonly journal: Journal;
  readonly sequences: Sequences;
  readonly log: Logger;
  readonly now: () => number;
  readonly blockBytes: number;
  readonly lingerMs: number;
  readonly lagMs: number;
  readonly window: number;
  readonly nextId: () => number;
  /** A block is ready. */
  readonly kick: () => void;
  /** Keeps what the core will never take; false if there was no room for it. */
  readonly deadLetter: (block: Block, code: string, message: string) => Promise<void>;
}

/**
 * Brings one class to the core: reads the journal in two lanes, drops repeats, makes blocks, and acknowledges records when
 * the core has them. No class waits for another.
 */
export class Forwarder {
  readonly class: DataClass;
  readonly live: Lane;
  readonly backfill: Lane;
  readonly #options: ForwarderOptions;
  readonly #reader: JournalReader;
  /** Repeats of a frame that is with the core: done when that is done, or a crash between could lose both. */
  readonly #repeats = new Map<SequenceState, Map<number, JournalRecord[]>>();
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
    // Everything that is there already is backlog; live begins behind it.
    let at = this.#reader.floor();
    for (const [from, to] of this.#reader.acknowledged()) {
      this.backfill.leave(at, from);
      at = to;
    }
    this.live.position = options.journal.end(options.class);
    this.backfill.leave(at, this.live.position);
    this.#stopListening = this.#reader.onAppend(() => this.#appended());
  }

  /** A stream to a core is open. What came while there was none goes to the backfill lane: fresh before old. */
  connected(): void {
    this.#connected = true;
    this.#leaveBehind(this.#options.journal.end(this.class));
    this.#prepare(this.live);
    this.#prepare(this.backfill);
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

  /** The core has a block durably. @returns whether it was one of this class's */
  acknowledged(id: number): Block | null {
    const block = this.#leave(id);
    if (!block) return null;
    for (const taken of block.records) {
      this.#reader.acknowledge(taken, 'out');
      this.#settle(taken);
    }
    this.#resume();
    return block;
  }

  /** The core refuses a block: for now, or for ever. */
  refused(id: number, code: string, message: string, retryAfterMs: number): boolean {
    const lane = this.live.inFlight.has(id) ? this.live : this.backfill;
    const block = lane.inFlight.get(id);
    if (!block) return false;
    lane.inFlight.delete(id);
    if (retryAfterMs > 0) {
      // It keeps its place in the window, so a class that is refused holds itself back and nobody else.
      this.#later(() => {
        const home = block.lane === 'live' ? this.live : this.backfill;
        home.resend.push(block);
        this.#prepare(home);
      }, retryAfterMs);
    } else if (block.records.length > 1) {
      const halves = splitBlock(block, this.#options.relay, this.#options.nextId);
      lane.bytes -= block.payload.length;
      for (const half of halves) {
        lane.bytes += half.payload.length;
        lane.resend.push(half);
      }
      this.#prepare(lane);
    } else {
      lane.bytes -= block.payload.length;
      void this.#giveUp(block, code, message);
    }
    return true;
  }

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
      this.#later(() => void this.#giveUp(block, code, message), 5000);
      return;
    }
    for (const taken of block.records) {
      this.#reader.acknowledge(taken, { dropped: code });
      this.#settle(taken);
    }
    this.#resume();
  }

  #leave(id: number): Block | null {
    for (const lane of [this.live, this.backfill]) {
      const block = lane.inFlight.get(id);
      if (!block) continue;
      lane.inFlight.delete(id);
      lane.bytes -= block.payload.length;
      return block;
    }
    return null;
  }

  #settle(taken: Taken): void {
    taken.state.settled.add(taken.sequence);
    const waiting = this.#repeats.get(taken.state);
    if (!waiting) return;
    for (const record of waiting.get(taken.sequence) ?? []) this.#reader.acknowledge(record, 'repeated');
    waiting.delete(taken.sequence);
    if (waiting.size === 0) this.#repeats.delete(taken.state);
  }

  #resume(): void {
    this.#prepare(this.live);
    this.#prepare(this.backfill);
  }

  #leaveBehind(to: number): void {
    this.backfill.leave(this.live.position, to);
    this.live.position = Math.max(this.live.position, to);
  }

  #appended(): void {
    if (!this.#connected) return;
    const { live } = this;
    if (this.#due()) this.#prepare(live);
    else this.#wait(live, this.#options.lingerMs);
  }

  #due(): boolean {
    return this.#options.journal.end(this.class) - this.live.position >= this.#options.blockBytes;
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
    if (lane.bytes >= lane.window) return;
    if (lane === this.live ? lane.position >= this.#options.journal.end(this.class) : lane.spans.length === 0) return;
    lane.preparing = true;
    this.#build(lane).then(
      (more) => {
        lane.preparing = false;
        if (lane.ready) this.#options.kick();
        else if (more) this.#prepare(lane);
      },
      (error) => {
        lane.preparing = false;
        this.#options.log.error('the journal cannot be read; trying again', {
          class: this.class,
          error: String(error),
        });
        this.#wait(lane, 1000);
      },
    );
  }

  /** @returns whether there may be more to read */
  async #build(lane: Lane): Promise<boolean> {
    const records = lane === this.live ? await this.#readLive() : await this.#readSpan();
    if (records === null) return false;
    const entries = this.#choose(records);
    if (entries.length === 0) return true;
    const block = makeBlock(this.#options.nextId(), this.class, lane.name, this.#options.relay, entries);
    lane.bytes += block.payload.length;
    if (!this.#connected) {
      // The stream broke meanwhile; the block waits with the others.
      block.lane = 'backfill';
      lane.bytes -= block.payload.length;
      this.backfill.bytes += block.payload.length;
      this.backfill.resend.push(block);
      return false;
    }
    lane.ready = block;
    return true;
  }

  async #readLive(): Promise<JournalRecord[] | null> {
    const { live } = this;
    const { journal, blockBytes, lagMs, now } = this.#options;
    const { records, next } = await this.#reader.read(live.position, blockBytes);
    if (records.length === 0) {
      live.position = Math.max(live.position, next);
      return null;
    }
    if (records[0]!.time < now() - lagMs && journal.end(this.class) - next > blockBytes) {
      // The core is slower than what comes in: the newest goes on, what is behind is filled in beside it.
      this.#leaveBehind(journal.end(this.class));
      this.#prepare(this.backfill);
      return null;
    }
    live.position = next;
    return records;
  }

  async #readSpan(): Promise<JournalRecord[] | null> {
    const { backfill } = this;
    const span = backfill.spans[0];
    if (!span) return null;
    const { records, next } = await this.#reader.read(span.from, this.#options.blockBytes);
    const mine = records.filter((record) => record.start < span.to);
    if (records.length === 0 || next >= span.to) backfill.spans.shift();
    else span.from = next;
    return mine;
  }

  /** Leaves repeats out. From here to the block nothing is asynchronous, so what is claimed is sent. */
  #choose(records: readonly JournalRecord[]): Entry[] {
    const entries: Entry[] = [];
    for (const record of records) {
      const read = decodeRecord(record.bytes);
      if (!read) {
        this.#reader.acknowledge(record, { dropped: 'undecodable' });
        continue;
      }
      const state = this.#options.sequences.of(read.host, read.boot);
      const { sequence } = read;
      if (state.claimed.has(sequence)) state.repeated.add(sequence);
      if (state.settled.has(sequence)) this.#reader.acknowledge(record, 'repeated');
      else if (!state.claimed.add(sequence)) this.#repeat(state, sequence, record);
      else {
        const { start, end, items } = record;
        entries.push({ taken: { start, end, items, state, sequence }, record: read });
      }
    }
    return entries;
  }

  #repeat(state: SequenceState, sequence: number, record: JournalRecord): void {
    let waiting = this.#repeats.get(state);
    if (!waiting) {
      waiting = new Map();
      this.#repeats.set(state, waiting);
    }
    const { start, end, items, key, time } = record;
    const light = { start, end, items, key, time, bytes: new Uint8Array(0) };
    const others = waiting.get(sequence);
    if (others) others.push(light);
    else waiting.set(sequence, [light]);
  }

  #later(run: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) run();
    }, ms);
    this.#timers.add(timer);
  }
}
