import { makeDirectory } from '../disk/sync-directory.ts';
import type { ResolvedPage } from '../ports/frames.ts';
import type { FrameOutcome, Matcher, SequenceRanges } from '../ports/metric-store.ts';
import { SeenFrames } from '../seen/seen-frames.ts';
import { Catalog, type Totals } from './catalog.ts';
import { CommitQueue } from './commit-queue.ts';
import { DayFiles } from './day-files.ts';
import { DAY_MS, dayOf, SeriesBits, windowOf } from './days.ts';
import type { DayWriting, EngineEvents, EngineSettings } from './engine-contract.ts';
import { Head } from './head.ts';
import { HeadJournal } from './head-journal.ts';
import { decodeRecord, type RecordHeader, type RecordRows } from './head-record.ts';
import { type HeadSlice, HeadSliceBuilder } from './head-slice.ts';
import { type Batch, type BoundFrame, type IncomingFrame, Intake } from './intake.ts';
import { packRows } from './pack-rows.ts';
import { type FlatLabels, SeriesIndex } from './series-index.ts';
import { Turns, type Work } from './turns.ts';
import { unionIds } from './union-ids.ts';

/** Rows in one transaction of a day's file. */
const ROWS_PER_COMMIT = 2_000;
/** Group numbers between those of two processes. */
const GROUPS_PER_SEGMENT = 2 ** 22;
/** How long after a failed checkpoint the next one is tried. */
const CHECKPOINT_RETRY_MS = 10_000;
/** Ids looked at between two pauses. */
const PAUSE = 8_192;

/**
 * The embedded metric store without its thread. A write goes index -> head journal -> fsync -> head; a checkpoint freezes the
 * head, writes its chunks to the days' files, makes them durable, and only then lets go of the journal behind them.
 */
export class MetricEngine {
  readonly #settings: EngineSettings;
  readonly #events: EngineEvents;
  readonly #days: DayWriting;
  readonly #files: DayFiles;
  readonly #catalog: Catalog;
  readonly #journal: HeadJournal;
  readonly #index = new SeriesIndex();
  readonly #seen = new SeenFrames();
  readonly #intake: Intake;
  readonly #queue: CommitQueue;
  /** For new series; what is read has turns of its own. */
  readonly #turns = new Turns();
  /** Which series each day has. */
  readonly #bits = new Map<number, SeriesBits>();
  readonly #totals: Totals;
  /** The ids of the groups named in the journal since the epoch began. */
  readonly #groups = new Map<number, Int32Array>();
  #head = new Head();
  /** What a checkpoint is writing. */
  #frozen: Head | null = null;
  /** The first segment of what the head holds; the generation of its rows. */
  #generation: number;
  #headBytes = 0;
  /** The window of the clock when the head's first record was written; 0 while it is empty. */
  #headSince = 0;
  #unsaved: [number, readonly string[]][] = [];
  /** Writes wait for it: set while the journal changes over. */
  #gate: Promise<void> | null = null;
  /** Checkpoint and retention, one after the other. */
  #maintenance: Promise<void> = Promise.resolve();
  #checkpointing = false;
  /** After a checkpoint that failed, on the clock of performance.now(). */
  #retryAt = 0;

  static async open(settings: EngineSettings, days: DayWriting, events: EngineEvents): Promise<MetricEngine> {
    makeDirectory(settings.directory);
    const engine = new MetricEngine(settings, days, events);
    await engine.#journal.start(engine.#generation);
    engine.#intake.numberGroupsFrom(engine.#journal.number * GROUPS_PER_SEGMENT);
    return engine;
  }

  private constructor(settings: EngineSettings, days: DayWriting, events: EngineEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#days = days;
    this.#catalog = new Catalog(settings.directory);
    this.#files = new DayFiles(settings.directory, (day, aside) => events.damagedDay(day, aside));
    this.#journal = new HeadJournal(settings.directory);
    for (const [id, labels] of this.#catalog.series()) this.#index.add(id, labels);
    for (const row of this.#catalog.seen()) this.#seen.load(row);
    for (const day of this.#files.days()) this.#bits.set(day, new SeriesBits(this.#files.bits(day)));
    const { segment, totals } = this.#catalog.restored();
    this.#generation = segment;
    this.#totals = totals;
    this.#intake = new Intake(this.#index, this.#seen, {
      retentionMs: settings.retentionDays * DAY_MS,
      futureMs: settings.futureMs,
      maxLabels: 60,
      maxNameLength: 256,
      maxValueLength: 4_096,
    });
    this.#queue = new CommitQueue(
      settings.lingerMs,
      (batches) => this.#commit(batches),
      (batch, error) => (error === null ? this.#apply(batch.header, batch.rows, batch) : this.#intake.failed(batch)),
    );
    this.#replay();
  }

  learnPages(pages: readonly ResolvedPage[], forgetOthers: boolean): void {
    this.#intake.learnPages(pages, forgetOthers);
  }

  /** `now` in ms: retention and future are judged by it. */
  async write(frames: readonly IncomingFrame[], now: number): Promise<FrameOutcome[]> {
    // Before any wait: the pages may have been replaced after it.
    const bound = this.#intake.bind(frames);
    if (!this.#intake.isKnown(bound)) await this.#makeSeries(bound, now);
    while (this.#gate) await this.#gate;
    // The disk is slower than the writers: they wait, memory does not grow.
    while (this.#checkpointing && this.#headBytes > this.#settings.headBytes) await this.#maintenance;
    const batch = this.#intake.take(bound, now);
    const committed = this.#queue.push(batch);
    this.#checkpointIfDue(now);
    await committed;
    return batch.outcomes;
  }

  /** Ids, ascending, of series that all matchers of one of the sets fit (no set: all) and that have a sample on a day of [start, end]. */
  *find(sets: readonly (readonly Matcher[])[], start: number, end: number): Work<Int32Array<ArrayBuffer>> {
    const days = [...this.#bits].filter(([day]) => day >= dayOf(start) && day <= dayOf(end)).map(([, bits]) => bits);
    const found: number[][] = [];
    for (const set of sets.length === 0 ? [[]] : sets) {
      const ids = yield* this.#index.select(set);
      const kept: number[] = [];
      for (let i = 0; i < ids.length; i++) {
        if (i % PAUSE === PAUSE - 1) yield;
        if (days.some((bits) => bits.has(ids[i]!))) kept.push(ids[i]!);
      }
      found.push(kept);
    }
    return Int32Array.from(found.length === 1 ? found[0]! : yield* unionIds(found));
  }

  /** null for a series that is not there any more. */
  labels(ids: Int32Array): (FlatLabels | null)[] {
    return Array.from(ids, (id) => this.#index.flatLabels(id) ?? null);
  }

  /** What memory has of the first of `ids` (ascending) in [start, end] ms, and which files have the rest. */
  head(ids: Int32Array, start: number, end: number): HeadSlice {
    const slice = new HeadSliceBuilder(start, end);
    let place = 0;
    for (; place < ids.length && !slice.full; place++) {
      this.#frozen?.read(ids[place]!, place, slice);
      this.#head.read(ids[place]!, place, slice);
    }
    return slice.take(place, this.#plan?.generation ?? this.#generation, this.#files.between(start, end));
  }

  sequences(): SequenceRanges[] {
    return this.#seen.list();
  }

  totals(): Totals & { series: number; bytes: number } {
    return {
      ...structuredClone(this.#totals),
      series: this.#index.size,
      bytes: this.#bytes(),
    };
  }

  /** Writes the head to the days' files now. */
  checkpoint(): Promise<void> {
    return this.#maintain(() => this.#checkpoint());
  }

  retain(now: number): Promise<void> {
    return this.#maintain(() => this.#retain(now));
  }

  async close(): Promise<void> {
    await this.#queue.drain();
    await this.#maintenance;
    await this.#queue.drain();
    await this.#journal.close();
    await this.#days.close();
    this.#catalog.close();
  }

  // ---- the way of a write ----

  async #makeSeries(frames: readonly BoundFrame[], now: number): Promise<void> {
    await this.#turns.run(this.#intake.prepare(frames));
    for (;;) {
      while (this.#gate) await this.#gate;
      const names = this.#intake.takeNames(now);
      if (!names) return;
      // Names that did not get to the disk go with a later batch (Intake.failed), and without one nothing needs them.
      this.#queue.push(names).catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #commit(batches: readonly Batch[]): Promise<void> {
    try {
      if (this.#journal.position > this.#settings.segmentBytes) await this.#journal.start();
      await this.#journal.append(batches.map((batch) => batch.record));
    } catch (error) {
      // What the failed write left in the file is unknown: go on in a new one, if that can be had.
      await this.#journal.start().catch((second: unknown) => this.#events.checkpointFailed(second));
      throw error;
    }
    for (const batch of batches) this.#headBytes += batch.record.length;
  }

  /** Makes a durable record visible. Used by writes and by the replay. */
  #apply(header: RecordHeader, rows: readonly RecordRows[], batch: Batch | null): void {
    if (batch) {
      this.#intake.committed(batch);
      batch.groups.forEach((ids, i) => {
        this.#groups.set(header.groups[i]![0], ids);
      });
    } else {
      this.#intake.replayed(header);
    }
    if (this.#headSince === 0) this.#headSince = windowOf(header.now);
    for (const one of header.series) this.#unsaved.push(one);
    for (const [, , , , written, repeated, dropped] of header.frames) {
      this.#totals.samples += written;
      this.#totals.repeated += repeated ?? 0;
      if (repeated === null) this.#totals.frames.written++;
      else this.#totals.frames.repeated++;
      for (const [reason, n] of Object.entries(dropped)) {
        this.#totals.dropped[reason] = (this.#totals.dropped[reason] ?? 0) + n;
      }
    }
    for (const row of rows) this.#addRow(row);
  }

  #addRow({ group, n, times, values, mask }: RecordRows): void {
    const ids = this.#groups.get(group);
    if (!ids) return;
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    const head = this.#head;
    for (let i = 0; i < times.length; i++) {
      const window = windowOf(times[i]!);
      const offset = times[i]! - window;
      const bits = this.#dayBits(dayOf(window));
      for (let j = 0; j < n; j++) {
        const at = i * n + j;
        if (mask !== null && mask[at] === 0) continue;
        const id = ids[j]!;
        if (id < 0) continue;
        if (head.append(id, window, offset, words[at * 2]!, words[at * 2 + 1]!)) bits.add(id);
      }
    }
  }

  #dayBits(day: number): SeriesBits {
    let bits = this.#bits.get(day);
    if (!bits) {
      bits = new SeriesBits();
      this.#bits.set(day, bits);
    }
    return bits;
  }

  #replay(): void {
    for (const segment of this.#journal.segments()) {
      if (segment < this.#generation) continue;
      let lost = 0;
      const { damaged } = this.#journal.replay(segment, (payload) => {
        const { header, rows } = decodeRecord(payload, this.#groups);
        for (const [id, labels] of header.series) {
          if (this.#index.flatLabels(id) === undefined) this.#index.add(id, labels);
        }
        // Behind a damaged record there may be rows of series whose names were in it.
        for (const [group] of header.groups) {
          const ids = this.#groups.get(group)!;
          ids.forEach((id, j) => {
            if (this.#index.flatLabels(id) === undefined) ids[j] = -1;
          });
        }
        for (const row of rows) if (!this.#groups.has(row.group)) lost += row.values.byteLength;
        this.#apply(header, rows, null);
        this.#headBytes += payload.length;
      });
      if (damaged + lost > 0) this.#events.damaged(segment, damaged + lost);
    }
    this.#journal.deleteBefore(this.#generation);
    this.#groups.clear();
  }

  // ---- maintenance ----

  #maintain(run: () => Promise<void>): Promise<void> {
    const done = this.#maintenance.then(run);
    this.#maintenance = done.catch(() => undefined);
    return done;
  }

  #checkpointIfDue(now: number): void {
    if (this.#checkpointing || performance.now() < this.#retryAt) return;
    // A minute of grace, so that what is a little late still gets into its window's row.
    const over = this.#headSince > 0 && windowOf(now - 60_000) > this.#headSince;
    if (!over && this.#headBytes < this.#settings.headBytes) return;
    this.#checkpointing = true;
    this.checkpoint()
      .catch((error: unknown) => {
        this.#retryAt = performance.now() + CHECKPOINT_RETRY_MS;
        this.#events.checkpointFailed(error);
      })
      .finally(() => {
        this.#checkpointing = false;
      });
  }

  async #closeGate(run: () => Promise<void>): Promise<void> {
    let open: () => void = () => undefined;
    this.#gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    try {
      await this.#queue.drain();
      await run();
    } finally {
      this.#gate = null;
      open();
    }
  }

  async #checkpoint(): Promise<void> {
    // A checkpoint that failed left its frozen head: it is written first, under its own generation.
    if (this.#frozen === null) {
      if (this.#head.samples === 0 && this.#unsaved.length === 0 && this.#headBytes === 0) return;
      await this.#closeGate(() => this.#freeze());
    }
    const started = performance.now();
    const plan = this.#plan!;
    const { rows, bytes } = await this.#writeDays(this.#frozen!, plan.generation);
    const seen = this.#seen.takeChanged();
    try {
      await this.#catalog.checkpoint({ segment: plan.segment, totals: plan.totals, series: plan.series, seen });
    } catch (error) {
      this.#seen.markChanged(seen);
      throw error;
    }
    this.#frozen = null;
    this.#plan = null;
    this.#journal.deleteBefore(plan.segment);
    this.#events.checkpointed({ rows, bytes, ms: Math.round(performance.now() - started) });
  }

  #plan: { generation: number; segment: number; totals: Totals; series: [number, readonly string[]][] } | null = null;

  async #freeze(): Promise<void> {
    await this.#journal.start();
    this.#plan = {
      generation: this.#generation,
      segment: this.#journal.number,
      totals: structuredClone(this.#totals),
      series: this.#unsaved,
    };
    this.#frozen = this.#head;
    this.#head = new Head();
    this.#headBytes = 0;
    this.#headSince = 0;
    this.#unsaved = [];
    this.#generation = this.#journal.number;
    this.#groups.clear();
    this.#intake.startEpoch();
  }

  async #writeDays(head: Head, generation: number): Promise<{ rows: number; bytes: number }> {
    const windows = head.windows();
    const touched = new Set<number>();
    let bytes = 0;
    for (let from = 0; from < windows.length; ) {
      const day = dayOf(windows[from]!.window);
      let to = from + 1;
      while (to < windows.length && to - from < ROWS_PER_COMMIT && dayOf(windows[to]!.window) === day) to++;
      const rows = await packRows(windows.slice(from, to));
      bytes += rows.bytes.length;
      touched.add(day);
      await this.#days.write(day, generation, rows);
      this.#files.learn(day);
      from = to;
    }
    for (const day of touched) await this.#days.finish(day, this.#dayBits(day).bytes.slice());
    return { rows: windows.length, bytes };
  }

  async #retain(now: number): Promise<void> {
    const oldest = dayOf(now - this.#settings.retentionDays * DAY_MS);
    const gone: [number, 'age' | 'bytes'][] = [];
    for (const day of this.#files.days()) if (day < oldest) gone.push([day, 'age']);
    let bytes = this.#bytes() - gone.reduce((sum, [day]) => sum + this.#files.bytes(day), 0);
    const kept = this.#files.days().filter((day) => day >= oldest);
    while (bytes > this.#settings.maxBytes && kept.length > 1) {
      const day = kept.shift()!;
      bytes -= this.#files.bytes(day);
      gone.push([day, 'bytes']);
    }
    const forgotten = this.#seen.forget(now - (this.#settings.retentionDays + 1) * DAY_MS, now);
    if (gone.length === 0) {
      // No series goes with them, so no write needs to wait.
      if (forgotten.length > 0) this.#catalog.remove([], forgotten);
      return;
    }
    await this.#closeGate(async () => {
      for (const [day, reason] of gone) {
        this.#files.forget(day);
        await this.#days.remove(day);
        this.#bits.delete(day);
        this.#events.removedDay(day, reason);
      }
      this.#head.dropBefore(oldest * DAY_MS);
      this.#markHead();
      this.#catalog.remove(this.#removeSeries(), forgotten);
    });
  }

  /** The head may hold samples of days whose file went. */
  #markHead(): void {
    for (const head of [this.#head, this.#frozen]) {
      for (const at of head?.windows() ?? []) this.#dayBits(dayOf(at.window)).add(at.series);
    }
  }

  /** Forgets the series that no day has any more. */
  #removeSeries(): Set<number> {
    const days = [...this.#bits.values()];
    const gone = new Set(this.#index.all().filter((id) => !days.some((bits) => bits.has(id))));
    if (gone.size === 0) return gone;
    this.#index.remove(gone);
    this.#intake.forget(gone);
    this.#unsaved = this.#unsaved.filter(([id]) => !gone.has(id));
    return gone;
  }

  #bytes(): number {
    return (
      this.#files.days().reduce((sum, day) => sum + this.#files.bytes(day), 0) +
      this.#journal.bytes() +
      this.#catalog.bytes()
    );
  }
}
