import type { JournalOptions, JournalReader, JournalRecord } from '../../../lib/journal/contract.ts';
import { Journal } from '../../../lib/journal/journal.ts';
import type { Logger } from '../../../lib/log.ts';
import type { FrameId, ResolvedPage } from '../../ports/frames.ts';
import type { FrameOutcome, LaterDrop } from '../../ports/metric-store.ts';
import { frameKey } from '../../seen/seen-frames.ts';
import { decodeWaiting, encodeWaiting, type WaitingFrame } from './door-record.ts';

export interface DoorJournalOptions extends Pick<JournalOptions, 'directory' | 'files' | 'now' | 'crc32' | 'timer'> {
  readonly maxBytes: number;
  readonly log: Logger;
  /** Records that were taken and cannot be read any more, damaged on our disk or of a form that is not known: they are given up. */
  readonly onLost: (drop: LaterDrop) => void;
  /** Brings frames to the engine; resolves when it has them durably. */
  readonly write: (frames: readonly WaitingFrame[]) => Promise<void>;
}

interface Lost {
  readonly frames: number;
  readonly items: number;
}

const CHAIN = 'metric';
const READER = 'engine';
/** Records of a read, and bytes of records that are with the engine at once. */
const READ_BYTES = 1 << 20;
const MOST_UNDER_WAY = 64 << 20;
const RETRY_MS = 1_000;
/** Pages known by their hash before all are forgotten. */
const MOST_PAGES = 4_000;
const DONE = Promise.resolve();

/**
 * What came by doors, on our disk until the engine has it durably: a client waits for an fsync of ours and not for the engine's disk.
 * Who sends through a relay needs none of this, since the relay keeps it.
 */
export class DoorJournal {
  readonly #options: DoorJournalOptions;
  readonly #journal: Journal;
  readonly #reader: JournalReader;
  /** Frames that are here, by name. */
  readonly #here = new Map<string, Promise<unknown>>();
  readonly #pages = new Map<string, ResolvedPage>();
  readonly #stopListening: () => void;
  #position = 0;
  #underWay = 0;
  #reading = false;
  #more = false;
  #cancel: (() => void) | null = null;
  #closed = false;
  /** What was given up, as far as it was told. */
  #told: Readonly<Record<string, Lost>> = {};
  /** What waited at the start: no ledger has it until the engine does. */
  readonly found: { readonly id: FrameId; readonly outcome: FrameOutcome }[] = [];

  private constructor(options: DoorJournalOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
    this.#reader = journal.reader(CHAIN, READER);
    this.#stopListening = this.#reader.onAppend(() => this.#kick());
  }

  /**
   * Opens it, and reads what waits.
   * @param known whether the ledger has a frame: it was done, and a kill came before that was noted here
   * @throws HeliographError HG_JOURNAL_... of the journal
   */
  static async open(options: DoorJournalOptions, known: (id: FrameId) => boolean): Promise<DoorJournal> {
    const { directory, files, now, crc32, timer, maxBytes, log } = options;
    const journal = await Journal.open({
      directory,
      files,
      now,
      crc32,
      timer,
      segmentBytes: Math.min(16 << 20, maxBytes >> 2),
      maxBytes,
      lingerMs: 2,
      mode: 'disk',
      chains: [{ name: CHAIN, rank: 0, policy: 'push-back', readers: [READER] }],
      onDamage: (damage) => log.error('what waits for the metric store is damaged in part', { ...damage }),
    });
    const opened = new DoorJournal(options, journal);
    await opened.#count(known);
    opened.#told = opened.lost;
    opened.#kick();
    return opened;
  }

  /** What was given up since ever, by reason. */
  get lost(): Record<string, Lost> {
    const { dropped } = this.#journal.totals(CHAIN, READER);
    return Object.fromEntries(
      Object.entries(dropped).map(([reason, { records, items }]) => [reason, { frames: records, items }]),
    );
  }

  /** Bytes of records that wait, or are under way. */
  get bytes(): number {
    return this.#journal.end(CHAIN) - this.#reader.floor();
  }

  /** Resolves when the frame, which came before, is on our disk, and rejects as that one did; undefined: it is not here. */
  there(id: FrameId): Promise<unknown> | undefined {
    return this.#here.get(frameKey(id));
  }

  /**
   * Resolves when the frame is on our disk.
   * @throws HeliographError HG_JOURNAL_FULL, HG_JOURNAL_DISK: nothing of it is kept
   */
  async put(waiting: WaitingFrame): Promise<void> {
    const key = frameKey(waiting.frame.id);
    this.#forgetPages();
    for (const { page } of waiting.frame.rows) this.#pages.set(page.hash, page);
    const record = { bytes: encodeWaiting(waiting), items: waiting.outcome.written, key: 0 };
    const written = this.#journal.appendDurably(CHAIN, record);
    // Whoever sends the same meanwhile waits for the same fsync.
    this.#here.set(key, written);
    try {
      await written;
    } catch (error) {
      this.#here.delete(key);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    this.#cancel?.();
    await this.#journal.close();
  }

  async #count(known: (id: FrameId) => boolean): Promise<void> {
    for (let at = this.#journal.start(CHAIN); ; ) {
      const { records, next } = await this.#reader.read(at, READ_BYTES);
      if (records.length === 0) return;
      for (const record of records) {
        const waiting = this.#decode(record);
        if (waiting === null) continue;
        const { id } = waiting.frame;
        this.#here.set(frameKey(id), DONE);
        if (!known(id)) this.found.push({ id, outcome: waiting.outcome });
      }
      at = next;
    }
  }

  #decode(record: JournalRecord): WaitingFrame | null {
    try {
      this.#forgetPages();
      return decodeWaiting(record.bytes, this.#pages);
    } catch (error) {
      // Its checksum is right and it cannot be read: a fault of ours, or a newer program's.
      this.#options.log.error('a frame that waits for the metric store cannot be read; it is left out', {
        'error.message': String(error),
        items: record.items,
      });
      this.#reader.acknowledge(record, { dropped: 'undecodable' });
      return null;
    }
  }

  #tell(): void {
    const { lost } = this;
    const before = this.#told;
    this.#told = lost;
    for (const [reason, { frames, items }] of Object.entries(lost)) {
      const told = before[reason] ?? { frames: 0, items: 0 };
      if (frames > told.frames) {
        this.#options.onLost({ reason, frames: frames - told.frames, items: items - told.items });
      }
    }
  }

  #forgetPages(): void {
    if (this.#pages.size > MOST_PAGES) this.#pages.clear();
  }

  #kick(): void {
    this.#more = true;
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#more && !this.#closed && this.#underWay < MOST_UNDER_WAY) {
        this.#more = false;
        const { records, next } = await this.#reader.read(this.#position, READ_BYTES);
        this.#position = Math.max(this.#position, next);
        this.#tell();
        if (records.length === 0) continue;
        this.#more = true;
        void this.#bring(records);
      }
    } catch (error) {
      this.#options.log.error('what waits for the metric store cannot be read now', { 'error.message': String(error) });
      this.#cancel = this.#options.timer(() => this.#kick(), RETRY_MS);
    } finally {
      this.#reading = false;
    }
  }

  /** Until the engine has them; it is the store's to say what is wrong with it. */
  async #bring(records: readonly JournalRecord[]): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + record.bytes.length, 0);
    this.#underWay += bytes;
    const waiting = records.flatMap((record) => this.#decode(record) ?? []);
    this.#tell();
    while (!this.#closed) {
      try {
        await this.#options.write(waiting);
        break;
      } catch {
        // Said on /healthz by the store, which knows why. They are on our disk.
        await new Promise<void>((resolve) => this.#options.timer(resolve, RETRY_MS));
      }
    }
    if (this.#closed) return;
    for (const record of records) this.#reader.acknowledge(record, 'out');
    for (const { frame } of waiting) this.#here.delete(frameKey(frame.id));
    this.#underWay -= bytes;
    this.#kick();
  }
}
