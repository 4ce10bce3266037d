import type { JournalReader, JournalRecord } from '../lib/journal/contract.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { addAmount } from '../lib/ledger.ts';
import type { DataClass } from '../proto/class.ts';
import type { Entry } from './block.ts';
import type { Lane } from './lane.ts';
import { decodeRecord, type FrameRecord } from './record.ts';
import type { Repeats } from './repeats.ts';
import type { Sequences } from './sequences.ts';
import { type FrameStage, NOTHING_LOST, type Shaped } from './shape/stage.ts';

export interface LaneReaderOptions {
  readonly class: DataClass;
  readonly journal: Journal;
  readonly reader: JournalReader;
  readonly live: Lane;
  readonly backfill: Lane;
  readonly sequences: Sequences;
  readonly repeats: Repeats;
  /** What changes frames before they go on; null: nothing does. */
  readonly stage: FrameStage | null;
  readonly blockBytes: number;
  /** Live further behind than this hands over to backfill. */
  readonly lagMs: number;
  /** The journal's clock. */
  readonly now: () => number;
}

/** Reads one class's chain for its two lanes, and leaves repeats out. */
export class LaneReader {
  readonly #options: LaneReaderOptions;

  constructor(options: LaneReaderOptions) {
    this.#options = options;
  }

  /** Everything there is at the start is backlog; live begins behind it. */
  begin(): void {
    const { reader, live, backfill, journal } = this.#options;
    let at = reader.floor();
    for (const [from, to] of reader.acknowledged()) {
      backfill.leave(at, from);
      at = to;
    }
    live.position = journal.end(this.#options.class);
    backfill.leave(at, live.position);
  }

  /** Live goes on at the chain's end; what it passes over is left to backfill. */
  leaveBehind(): void {
    const { live, backfill, journal } = this.#options;
    const end = journal.end(this.#options.class);
    backfill.leave(live.position, end);
    live.position = Math.max(live.position, end);
  }

  /** Whether the lane has something to read. */
  has(lane: Lane): boolean {
    const { live, journal } = this.#options;
    return lane === live ? live.position < journal.end(this.#options.class) : lane.spans.length > 0;
  }

  /** Bytes that wait for the live lane. */
  get ahead(): number {
    return this.#options.journal.end(this.#options.class) - this.#options.live.position;
  }

  /** The lane's next frames, without repeats; null: nothing there. They are claimed: the caller must send them. */
  async next(lane: Lane): Promise<Entry[] | null> {
    const records = lane === this.#options.live ? await this.#readLive() : await this.#readSpan();
    if (records === null) return null;
    const frames = records.map(({ bytes }) => decodeRecord(bytes));
    return this.#choose(records, frames, await this.#shape(records, frames));
  }

  async #readLive(): Promise<JournalRecord[] | null> {
    const { live, reader, blockBytes, lagMs, now } = this.#options;
    const at = live.position;
    const { records, next } = await reader.read(at, blockBytes);
    // A stream that broke and came back meanwhile left this part to backfill.
    if (live.position !== at) return [];
    if (records.length === 0) {
      live.position = Math.max(at, next);
      return null;
    }
    const after = this.#options.journal.end(this.#options.class) - next;
    if (records[0]!.time < now() - lagMs && after > blockBytes) {
      // The core is slower than what comes in: the newest goes on, what is behind is filled in beside it.
      this.leaveBehind();
      return null;
    }
    live.position = next;
    return records;
  }

  async #readSpan(): Promise<JournalRecord[] | null> {
    const { backfill, reader, blockBytes } = this.#options;
    const span = backfill.spans[0];
    if (!span) return null;
    const { records, next } = await reader.read(span.from, blockBytes);
    // It may have grown meanwhile.
    if (next >= span.to) backfill.spans.shift();
    else span.from = next;
    return records.filter((record) => record.start < span.to);
  }

  /**
   * From here to the block nothing is asynchronous, so what is claimed is sent.
   * @param frames what the records hold; null: undecodable
   * @param shaped as they go on; null: as they are
   */
  #choose(
    records: readonly JournalRecord[],
    frames: readonly (FrameRecord | null)[],
    shaped: readonly (Shaped | null)[] | null,
  ): Entry[] {
    const { reader, sequences, repeats, stage } = this.#options;
    const entries: Entry[] = [];
    for (const [i, record] of records.entries()) {
      const read = frames[i];
      if (!read) {
        reader.acknowledge(record, { dropped: 'undecodable' });
        continue;
      }
      const state = sequences.of(read.host, read.boot);
      const { sequence } = read;
      if (state.claimed.has(sequence)) state.repeated.add(sequence);
      const elsewhere = state.elsewhere?.has(sequence) ?? false;
      if (elsewhere) state.repeated.add(sequence);
      if (elsewhere || state.settled.has(sequence)) {
        if (reader.acknowledge(record, 'repeated'))
          addAmount(state.account.repeated, { frames: 1, items: record.items });
      } else if (!state.claimed.add(sequence)) repeats.add(state, sequence, record);
      else {
        const { start, end, items } = record;
        const other = shaped?.[i] ?? null;
        if (other) stage?.count(other);
        const { sent, lost } = other ?? { sent: items, lost: NOTHING_LOST };
        entries.push({ taken: { start, end, items, sent, lost, state, sequence }, record: other?.record ?? read });
      }
    }
    return entries;
  }

  /** @throws what the stage throws; the records are read again then */
  async #shape(records: readonly JournalRecord[], frames: readonly (FrameRecord | null)[]) {
    const { stage, backfill } = this.#options;
    if (!stage?.active || records.length === 0) return null;
    try {
      return await stage.shape(records, frames);
    } catch (error) {
      backfill.leave(records[0]!.start, records.at(-1)!.end);
      throw error;
    }
  }
}
