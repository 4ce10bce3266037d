import type { JournalReader, JournalRecord } from '../../../lib/journal/contract.ts';
import type { PressureLevel } from '../../../proto/control.ts';

export interface LaneOptions {
  readonly reader: JournalReader;
  /** Where the chain ends now: what comes later is fresh. */
  readonly end: () => number;
  readonly now: () => number;
  /** Most frames, and bytes, that are sent and not acknowledged. One frame is always let through. */
  readonly windowFrames: number;
  readonly windowBytes: number;
  /** The part of the window that older data may have, 0 to 1. */
  readonly backfillShare: number;
  /** Live data that could not be sent for so long is older data from then on. */
  readonly staleMs: number;
  /** Sends; `done(true)` at the acknowledgement, `done(false)` when the connection ended before it. False: it cannot be sent and is settled. */
  readonly send: (record: JournalRecord, done: (acknowledged: boolean) => void) => boolean;
  readonly onError: (error: unknown) => void;
}

const READ_BYTES = 128 * 1024;

/**
 * The two lanes of one class over one window. Live: records as they come in, from the end the chain had when the connection opened. Backfill:
 * what was left before that, oldest first, beside the live ones. Scheduling and nothing else: every record is sent once a connection.
 */
export class ClassLanes {
  readonly #options: LaneOptions;
  /** Grows with each connection: what an older one still does is of no account. */
  #epoch = 0;
  #open = false;
  #pumping = false;
  #again = false;
  #live = 0;
  #backfill = 0;
  /** Older data ends here. */
  #boundary = 0;
  /** Where the live lane began (anew). */
  #liveFrom = 0;
  /** Stretches below the boundary that the live lane has sent on this connection. */
  #sentLive: [from: number, to: number][] = [];
  #liveAhead: JournalRecord[] = [];
  #backfillAhead: JournalRecord[] = [];
  #frames = 0;
  #bytes = 0;
  #backfillFrames = 0;
  #backfillBytes = 0;
  pressure: PressureLevel = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    options.reader.onAppend(() => this.pump());
  }

  get inFlight(): number {
    return this.#frames;
  }

  get inFlightBytes(): number {
    return this.#bytes;
  }

  open(): void {
    this.#epoch++;
    this.#open = true;
    this.pressure = 0;
    this.#liveAhead = [];
    this.#backfillAhead = [];
    this.#frames = 0;
    this.#bytes = 0;
    this.#backfillFrames = 0;
    this.#backfillBytes = 0;
    this.#live = this.#options.end();
    this.#liveFrom = this.#live;
    this.#boundary = this.#live;
    this.#sentLive = [];
    this.#backfill = this.#options.reader.floor();
    this.pump();
  }

  close(): void {
    this.#open = false;
    this.#liveAhead = [];
    this.#backfillAhead = [];
  }

  /** Sends what the window allows. */
  pump(): void {
    if (!this.#open || this.pressure === 2) return;
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    this.#run().then(
      () => {
        this.#pumping = false;
        if (this.#again) {
          this.#again = false;
          this.pump();
        }
      },
      (error) => {
        this.#pumping = false;
        this.#options.onError(error);
      },
    );
  }

  async #run(): Promise<void> {
    const epoch = this.#epoch;
    while (this.#open && epoch === this.#epoch) {
      const live = await this.#nextLive(epoch);
      if (epoch !== this.#epoch || !this.#open) return;
      if (live !== null) {
        if (!this.#fits(live.bytes.length, this.#frames, this.#bytes, 1)) return;
        this.#liveAhead.shift();
        this.#send(live, false);
        continue;
      }
      const old = await this.#nextBackfill(epoch);
      if (epoch !== this.#epoch || !this.#open || old === null) return;
      if (!this.#fits(old.bytes.length, this.#frames, this.#bytes, 1)) return;
      const { backfillShare } = this.#options;
      if (!this.#fits(old.bytes.length, this.#backfillFrames, this.#backfillBytes, backfillShare)) return;
      this.#backfillAhead.shift();
      this.#send(old, true);
    }
  }

  #fits(bytes: number, frames: number, inFlight: number, share: number): boolean {
    if (frames === 0) return true;
    const { windowFrames, windowBytes } = this.#options;
    return frames < windowFrames * share && inFlight + bytes <= windowBytes * share;
  }

  async #nextLive(epoch: number): Promise<JournalRecord | null> {
    const { reader, now, staleMs, end } = this.#options;
    const from = this.#liveAhead[0]?.start ?? this.#live;
    let skipped = false;
    for (;;) {
      const head = this.#liveAhead[0];
      if (head !== undefined && now() - head.time > staleMs) {
        // Too far behind to be called live: the other lane has it.
        this.#liveAhead.shift();
        skipped = true;
        continue;
      }
      if (head === undefined && this.#live < end()) {
        const { records, next } = await reader.read(this.#live, READ_BYTES);
        if (epoch !== this.#epoch) return null;
        this.#live = next;
        this.#liveAhead = records;
        continue;
      }
      if (!skipped) return head ?? null;
      this.#sentLive.push([this.#liveFrom, from]);
      this.#liveFrom = head?.start ?? this.#live;
      this.#boundary = this.#liveFrom;
      return head ?? null;
    }
  }

  async #nextBackfill(epoch: number): Promise<JournalRecord | null> {
    if (this.pressure > 0) return null;
    while (this.#backfillAhead.length === 0 && this.#backfill < this.#boundary) {
      const { records, next } = await this.#options.reader.read(this.#backfill, READ_BYTES);
      if (epoch !== this.#epoch) return null;
      this.#backfill = next;
      this.#backfillAhead = records.filter((record) => record.start < this.#boundary && !this.#wasLive(record.start));
    }
    return this.#backfillAhead[0] ?? null;
  }

  #wasLive(position: number): boolean {
    return this.#sentLive.some(([from, to]) => position >= from && position < to);
  }

  #send(record: JournalRecord, backfill: boolean): void {
    const epoch = this.#epoch;
    const bytes = record.bytes.length;
    this.#count(1, bytes, backfill);
    const sent = this.#options.send(record, () => {
      if (epoch !== this.#epoch) return;
      this.#count(-1, -bytes, backfill);
      this.pump();
    });
    if (!sent) this.#count(-1, -bytes, backfill);
  }

  #count(frames: number, bytes: number, backfill: boolean): void {
    this.#frames += frames;
    this.#bytes += bytes;
    if (!backfill) return;
    this.#backfillFrames += frames;
    this.#backfillBytes += bytes;
  }
}
