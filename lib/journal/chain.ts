import type { HeliographError } from '../errors.ts';
import { type AppendDone, Batch } from './batch.ts';
import type { AppendRecord, ChainOptions, Damage, JournalOptions } from './contract.ts';
import type { Cursor } from './cursor.ts';
import { diskError } from './disk-error.ts';
import { reconcileSegment } from './reconcile.ts';
import { SEGMENT_HEADER_BYTES, type Tally, writeSegmentHeader } from './record.ts';
import { closeQuietly, Segment, segmentName, unlinkIfThere } from './segment.ts';

/** After an error of the disk appends are refused for so long, then it is tried again. */
const RETRY_MS = 200;
/** Files a chain keeps open beside the one it writes. */
const OPEN_SEGMENTS = 4;
/** A buffer this full is written without waiting for more. */
const FULL_BYTES = 512 * 1024;

export type Done = AppendDone<HeliographError>;

/** What a chain needs from the journal it belongs to. */
export interface ChainOwner {
  readonly options: JournalOptions;
  /** Cursors or totals changed. */
  touched(): void;
  damage(damage: Damage): void;
}

/** One chain: its segments, the batch that fills while the other is written, and a cursor for each reader. */
export class Chain {
  readonly options: ChainOptions;
  readonly directory: string;
  readonly cursors = new Map<string, Cursor>();
  readonly listeners = new Set<() => void>();
  /** Ascending; the last may be the active one. */
  segments: Segment[] = [];
  active: Segment | null = null;
  /** Everything before this is durable (in memory mode: readable). */
  end = 0;
  taken: Tally = { records: 0, items: 0 };
  /** The owner wants segments kept from here on. */
  held: number | null = null;
  /** The last error of the disk, while appends are refused because of it. */
  broken: HeliographError | null = null;
  readonly #owner: ChainOwner;
  #filling = new Batch<HeliographError>();
  #spare: Batch<HeliographError> | null = new Batch<HeliographError>();
  #committing: Promise<void> | null = null;
  #cancelLinger: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #sealing = false;
  #recent: Segment[] = [];
  #stored = 0;
  #underWay = 0;
  /** A file of a failed attempt that stands where the next segment goes. */
  #leftover: string | null = null;
  #reconciling: Promise<void> = Promise.resolve();
  #spilling: Promise<void> = Promise.resolve();

  constructor(owner: ChainOwner, options: ChainOptions, directory: string) {
    this.#owner = owner;
    this.options = options;
    this.directory = directory;
  }

  /** To be called once after recovery has filled segments, end and taken. */
  ready(leftover: string | null): void {
    this.#leftover = leftover;
    this.#stored = this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    this.#filling.reset(this.end, this.taken);
    this.#count();
  }

  /** Counts what is queued for each reader from the segments. */
  #count(): void {
    for (const cursor of this.cursors.values()) {
      cursor.queued.records = 0;
      cursor.queued.items = 0;
      for (const segment of this.segments) {
        if (this.endOf(segment) <= cursor.floor) continue;
        const total = this.inside(segment);
        const done = cursor.done.get(segment.start);
        cursor.queued.records += total.records - (done?.records ?? 0);
        cursor.queued.items += total.items - (done?.items ?? 0);
      }
    }
  }

  /** The oldest position that is kept. */
  get start(): number {
    return this.segments[0]?.start ?? this.end;
  }

  /** Everything before this is on disk; in memory mode that is less than can be read. */
  get synced(): number {
    return this.segments.find((segment) => segment.chunks !== null)?.start ?? this.end;
  }

  get pendingBytes(): number {
    return this.#filling.used - SEGMENT_HEADER_BYTES;
  }

  /** Of all segments and of what is on its way into one. */
  bytes(): number {
    return this.#stored + this.#underWay + this.pendingBytes;
  }

  /** Whether the oldest of what it has is in memory only. */
  get isInMemory(): boolean {
    return this.segments.length === 0 ? this.pendingBytes > 0 : this.segments[0]!.chunks !== null;
  }

  /** Bytes that are in memory only, in memory mode. */
  memoryBytes(): number {
    let sum = this.pendingBytes;
    for (const segment of this.segments) if (segment.chunks !== null) sum += segment.bytes;
    return sum;
  }

  #after(segment: Segment): Segment | undefined {
    return this.segments[this.segments.indexOf(segment) + 1];
  }

  /** The position after the segment's last record. */
  endOf(segment: Segment): number {
    return this.#after(segment)?.start ?? this.end;
  }

  /** Records and items in the segment, damaged ones too. */
  inside(segment: Segment): Tally {
    const after = this.#after(segment)?.before ?? this.taken;
    return { records: after.records - segment.before.records, items: after.items - segment.before.items };
  }

  segmentAt(position: number): Segment | undefined {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.start <= position) low = middle + 1;
      else high = middle;
    }
    return this.segments[low - 1];
  }

  /** A sealed segment was read or written: few of them stay open, however many there are. */
  async used(segment: Segment): Promise<void> {
    if (this.#recent.at(-1) === segment) return;
    this.#recent = this.#recent.filter((other) => other !== segment);
    this.#recent.push(segment);
    while (this.#recent.length > OPEN_SEGMENTS) {
      const oldest = this.#recent.shift()!;
      // All that was written was synced before; an error of closing takes nothing away.
      if (oldest !== this.active) await closeQuietly(oldest);
    }
  }

  append(record: AppendRecord, done: Done | null): void {
    if (this.broken) {
      done?.(this.broken, -1);
      return;
    }
    const first = this.#filling.records === 0;
    this.#filling.add(record, this.#owner.options.now(), this.#owner.options.crc32, done);
    if (this.#committing) return;
    const full = this.#filling.used > FULL_BYTES;
    if (full || first) this.#schedule(full ? 0 : this.#owner.options.lingerMs);
  }

  #schedule(lingerMs: number): void {
    if (lingerMs > 0) {
      this.#cancelLinger ??= this.#owner.options.timer(() => {
        this.#cancelLinger = null;
        this.#start();
      }, lingerMs);
      return;
    }
    // What came in the same turn goes into the same batch.
    Promise.resolve().then(() => this.#start());
  }

  #start(): void {
    if (this.#committing || this.#filling.records === 0) return;
    this.#cancelLinger?.();
    this.#cancelLinger = null;
    this.#committing = this.#commit().finally(() => {
      this.#committing = null;
      if (this.#filling.records > 0) {
        this.#schedule(this.#filling.used > FULL_BYTES ? 0 : this.#owner.options.lingerMs);
      }
    });
  }

  /** Writes what was appended so far; resolves when none of it is under way any more, whatever became of it. */
  async drain(): Promise<void> {
    const target = this.#filling.end;
    while (this.end < target && (this.#committing || this.#filling.records > 0)) {
      this.#start();
      await this.#committing;
    }
  }

  async #commit(): Promise<void> {
    const batch = this.#filling;
    const next = this.#spare ?? new Batch<HeliographError>();
    this.#spare = null;
    next.reset(batch.end, batch.after);
    this.#filling = next;
    this.#underWay = batch.used;
    let fresh: Segment | null = null;
    try {
      const bytes = batch.used - SEGMENT_HEADER_BYTES;
      if (this.#sealing || (this.active && this.active.bytes + bytes > this.#owner.options.segmentBytes)) {
        this.active = null;
        this.#sealing = false;
      }
      if (this.active === null) fresh = await this.#create(batch);
      else await this.#extend(this.active, batch);
    } catch (error) {
      this.#underWay = 0;
      await this.#fail(batch, error);
      return;
    }
    this.#commitDone(batch, fresh);
  }

  /** A new segment with this batch in it. */
  async #create(batch: Batch<HeliographError>): Promise<Segment> {
    const { files, crc32, now, mode } = this.#owner.options;
    const path = `${this.directory}/${segmentName(batch.start)}`;
    const before = { ...batch.before };
    const created = now();
    const segment = new Segment(files, path, batch.start, before, batch.used, created);
    writeSegmentHeader(batch.bytes, { start: batch.start, before, created }, crc32);
    if (mode === 'memory') {
      segment.chunks = [batch.bytes.slice(0, batch.used)];
      return segment;
    }
    await this.#writeNew(segment, batch.bytes.subarray(0, batch.used));
    return segment;
  }

  async #writeNew(segment: Segment, bytes: Uint8Array): Promise<void> {
    const { files } = this.#owner.options;
    const before = this.segments.at(-1);
    if (before !== undefined) await this.used(before);
    if (this.#leftover !== null) await unlinkIfThere(files, this.#leftover);
    this.#leftover = segment.path;
    try {
      const file = await segment.open(true);
      await file.writeThrough(bytes, 0);
      await files.syncDirectory(this.directory);
    } catch (error) {
      await closeQuietly(segment);
      throw error;
    }
    this.#leftover = null;
  }

  async #extend(segment: Segment, batch: Batch<HeliographError>): Promise<void> {
    if (segment.chunks !== null) {
      segment.chunks.push(batch.bytes.slice(SEGMENT_HEADER_BYTES, batch.used));
      return;
    }
    const file = await segment.open(false);
    await file.writeThrough(
      batch.bytes.subarray(SEGMENT_HEADER_BYTES, batch.used),
      this.end - segment.start + SEGMENT_HEADER_BYTES,
    );
  }

  #commitDone(batch: Batch<HeliographError>, fresh: Segment | null): void {
    if (fresh) {
      this.segments.push(fresh);
      this.active = fresh;
      this.#stored += fresh.bytes;
    } else {
      this.active!.bytes += batch.used - SEGMENT_HEADER_BYTES;
      this.#stored += batch.used - SEGMENT_HEADER_BYTES;
    }
    this.#underWay = 0;
    this.active!.lastTime = batch.lastTime;
    this.end = batch.end;
    this.taken = batch.after;
    for (const cursor of this.cursors.values()) {
      cursor.queued.records += batch.records;
      cursor.queued.items += batch.items;
    }
    const { done, starts } = batch;
    this.#spare = batch;
    for (let i = 0; i < done.length; i++) done[i]?.(null, starts[i]!);
    for (const listener of [...this.listeners]) listener();
  }

  /**
   * The disk refused. All that waits is refused too, and nothing of it counts; what was durable before stays so. The next segment
   * starts at the same position, in a new file: after a failed fsync nobody can say what of the old one is on disk.
   */
  async #fail(batch: Batch<HeliographError>, cause: unknown): Promise<void> {
    const error = diskError(this.options.name, cause);
    this.broken = error;
    const refused = [...batch.done, ...this.#filling.done];
    this.#filling.reset(this.end, this.taken);
    this.#spare = batch;
    const active = this.active;
    this.active = null;
    if (active !== null && active.chunks === null) {
      // Only to give the space back: a reader never goes beyond the start of the next segment.
      try {
        const file = await active.open(false);
        await file.truncate(this.end - active.start + SEGMENT_HEADER_BYTES);
      } catch {
        // The disk is broken or full already, and the caller is told so below.
      }
    }
    this.#cancelRetry = this.#owner.options.timer(() => {
      this.#cancelRetry = null;
      this.broken = null;
    }, RETRY_MS);
    for (const done of refused) done?.(error, -1);
  }

  /** The next append starts a new segment. */
  seal(): void {
    if (this.#committing) this.#sealing = true;
    else this.active = null;
  }

  /** Waits until `segment` gets no more records. */
  async sealed(segment: Segment): Promise<void> {
    while (this.active === segment) {
      this.seal();
      await this.#committing;
      if (this.#sealing && !this.#committing) {
        this.#sealing = false;
        this.active = null;
      }
    }
  }

  /** Memory mode: writes the segments that are in memory only. One run at a time: the next finds less to do. */
  spill(): Promise<void> {
    const run = this.#spilling.then(() => this.#spill());
    this.#spilling = run.catch(() => undefined);
    return run;
  }

  async #spill(): Promise<void> {
    for (const segment of [...this.segments]) {
      if (segment.chunks === null) continue;
      await this.sealed(segment);
      const chunks = segment.chunks;
      // Done and let go meanwhile.
      if (!this.segments.includes(segment)) continue;
      const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      try {
        await this.#writeNew(segment, bytes);
        if (!this.segments.includes(segment)) {
          // Done while it was written: nobody else knows of the file.
          await segment.close();
          await unlinkIfThere(segment.files, segment.path);
          continue;
        }
      } catch (cause) {
        throw diskError(this.options.name, cause);
      }
      segment.chunks = null;
    }
  }

  /**
   * Something in the segment cannot be read. Reads all of it, and gives the damaged parts up for every reader that had not
   * acknowledged them: what is neither done nor readable is dropped, reason `corrupt`.
   */
  reconcile(segment: Segment): Promise<void> {
    const run = this.#reconciling.then(() => reconcileSegment(this, this.#owner, segment));
    this.#reconciling = run.catch(() => undefined);
    return run;
  }

  /** Segments that every reader has done and nobody holds. The newest stays: its name is the chain's position. */
  finished(): Segment[] {
    const newest = this.#owner.options.now() - (this.options.minAgeMs ?? 0);
    let floor = this.held ?? Number.POSITIVE_INFINITY;
    for (const cursor of this.cursors.values()) floor = Math.min(floor, cursor.floor);
    const finished: Segment[] = [];
    for (let i = 0; i < this.segments.length; i++) {
      const segment = this.segments[i]!;
      const last = i === this.segments.length - 1;
      if (this.endOf(segment) > floor || segment === this.active || (last && segment.chunks === null)) break;
      if (this.options.minAgeMs && segment.lastTime > newest) break;
      finished.push(segment);
    }
    return finished;
  }

  /** All readers have done everything before the position, and nobody holds it. */
  isDone(position: number): boolean {
    if (this.held !== null && this.held < position) return false;
    for (const cursor of this.cursors.values()) if (cursor.floor < position) return false;
    return true;
  }

  /** Takes the oldest segments off the list; their files are the caller's. */
  forget(gone: readonly Segment[]): void {
    this.segments = this.segments.filter((segment) => !gone.includes(segment));
    this.#recent = this.#recent.filter((segment) => !gone.includes(segment));
    this.#stored = this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    for (const cursor of this.cursors.values()) for (const segment of gone) cursor.done.delete(segment.start);
  }

  async close(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelLinger?.();
    await this.#reconciling;
    for (const segment of this.segments) await segment.close();
  }
}
