import { setImmediate as nextTurn } from 'node:timers/promises';
import { sumOf } from '../../lib/compensated.ts';
import type { Logger } from '../../lib/log.ts';
import { mergePart, startPart, startRest, type WindowPart } from '../../lib/window-part.ts';
import { isWireError } from '../../proto/wire-error.ts';
import type { Bus, BusBatch, BusRecord, Consumer } from '../ports/bus.ts';
import { Batches } from './batches.ts';
import type { RollupFigures } from './figures.ts';
import { MERGER, SKETCHES } from './inbox.ts';
import { LeftOut } from './left-out.ts';
import { readSketchRecord, type SketchRecord } from './record.ts';
import { hasTotal, type MergedSample, mergedSamples, totalSample } from './results.ts';
import type { Totals } from './totals.ts';
import type { Touched, TouchedWindow } from './touched.ts';
import type { MergeWindow, Windows } from './windows.ts';
import type { MergedWriter } from './writer.ts';
import type { WrittenWindows } from './written.ts';

export interface MergerParts {
  readonly bus: Pick<Bus, 'consume'>;
  /** A position of the bus, or null for the oldest record kept. */
  readonly from: string | null;
  readonly windows: Windows;
  readonly written: Pick<WrittenWindows, 'has'>;
  readonly totals: Totals;
  readonly writer: Pick<MergedWriter, 'write'>;
  readonly figures: RollupFigures;
  readonly touched: Pick<Touched, 'again'>;
  /** Whether a value that was written can be written over. */
  readonly revises: boolean;
  readonly now: () => number;
  /** ms, never set back. */
  readonly mono: () => number;
  readonly log: Logger;
}

/** What is known of a partition of the bus. */
interface Partition {
  readonly batches: Batches;
  /** When the newest of its records came, ms since the epoch; never ahead of the clock as it was then. */
  came: number;
  /** When its last batch was taken, by `mono`; infinite while one is. */
  took: number;
}

const BATCH_BYTES = 1 << 20;
/** How often it is looked what is over. */
const TICK_MS = 250;
/** With nothing new on the bus for so long there is nothing that waits to be read: the clock decides. */
const QUIET_MS = 1_000;
/** Windows that are written together. */
const WINDOWS_AT_ONCE = 200;
/** Sketches that are read or merged before others have their turn: some ms of work. */
const SKETCHES_AT_ONCE = 100;

/**
 * Merges what relays have of the same window, and writes what it comes to. What waits is on the bus: its position follows what is done with, and a crash
 * reads the rest again. A window that is written a second time has the same names, times and values.
 */
export class Merger {
  readonly #parts: MergerParts;
  readonly #partitions = new Map<number, Partition>();
  #consumer: Consumer | null = null;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  private constructor(parts: MergerParts) {
    this.#parts = parts;
  }

  static async open(parts: MergerParts): Promise<Merger> {
    const merger = new Merger(parts);
    const onShared = (partitions: readonly number[]) => merger.#keepOnly(partitions);
    const options = { topic: SKETCHES, group: MERGER, from: parts.from, maxBytes: BATCH_BYTES, onShared };
    merger.#consumer = await parts.bus.consume(options, (batch) => merger.#take(batch));
    merger.#again();
    return merger;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#consumer?.close();
    await this.#running;
  }

  async #take(batch: BusBatch): Promise<void> {
    const number = batch.place?.partition ?? 0;
    const partition = this.#partitions.get(number) ?? { batches: new Batches(), came: 0, took: 0 };
    this.#partitions.set(number, partition);
    const { figures, log, mono } = this.#parts;
    if (batch.damaged) {
      figures.undecodable('HG_BUS_DAMAGED');
      log.error('sketches of roll-ups cannot be read from the bus and are passed over', {
        ...batch.damaged,
        bytes: '',
      });
    }
    partition.batches.begin(batch.next);
    partition.took = Number.POSITIVE_INFINITY;
    const leftOut = new LeftOut();
    try {
      for (const [i, record] of batch.records.entries()) {
        if (i % SKETCHES_AT_ONCE === SKETCHES_AT_ONCE - 1) await nextTurn();
        await this.#sketch(record, number, partition, leftOut);
      }
      partition.batches.end();
    } catch (error) {
      partition.batches.fail();
      throw error;
    } finally {
      partition.took = mono();
      leftOut.tell(log);
    }
  }

  async #sketch({ key, value }: BusRecord, number: number, partition: Partition, leftOut: LeftOut): Promise<void> {
    const { windows, written, totals, figures, now, log } = this.#parts;
    let record: SketchRecord;
    const time = now();
    try {
      const read = readSketchRecord(value);
      // Nothing came later than now: the gateway's clock was ahead, and would end what others' windows wait for.
      record = { ...read, came: Math.min(read.came, time) };
    } catch (error) {
      if (!isWireError(error)) throw error;
      figures.undecodable(error.code);
      log.warn('a sketch on the bus cannot be read', { 'error.code': error.code, 'error.message': error.message });
      return;
    }
    const { end } = record.window;
    const runsOn = hasTotal(record.window);
    let gone = false;
    // No store need be asked of times that are nobody's.
    if (!windows.isFuture(record)) {
      gone = windows.asksStore(key, record, time) && (await written.has(record));
      // It may be forgotten between its coming and our turn.
      while (!gone && runsOn && !totals.knows(key, end)) await totals.load(key, record);
    }
    // Meanwhile it became another's, who gets it again.
    if (this.#partitions.get(number) !== partition) return;
    // A copy: what it came in is larger.
    const fate = gone ? 'late' : windows.take(key, record, value.slice(), number, partition.batches);
    if (runsOn && fate === 'taken') totals.hold(key, end);
    else if (runsOn) totals.drop(key);
    partition.came = partition.came > time ? record.came : Math.max(partition.came, record.came);
    figures.count(fate);
    if (fate !== 'taken' && fate !== 'repeated') leftOut.add(fate, record);
  }

  /** What waits of other partitions is with their new owners, who read it again. */
  #keepOnly(partitions: readonly number[]): void {
    const { windows } = this.#parts;
    for (const number of this.#partitions.keys()) if (!partitions.includes(number)) this.#partitions.delete(number);
    for (const window of windows.all()) if (!this.#partitions.has(window.partition)) this.#forget(window, false);
  }

  #forget(window: MergeWindow, over: boolean): void {
    this.#parts.windows.forget(window);
    this.#parts.totals.forget(window.key, window.end, over);
  }

  #again(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#tick().then(() => this.#again());
    }, TICK_MS);
  }

  async #tick(): Promise<void> {
    const { windows, totals, log, now } = this.#parts;
    try {
      const due: MergeWindow[] = [];
      for (const window of windows.all()) if (window.written !== window.version && this.#over(window)) due.push(window);
      for (let from = 0; from < due.length && !this.#closed; from += WINDOWS_AT_ONCE) {
        await this.#write(due.slice(from, from + WINDOWS_AT_ONCE));
      }
      for (const window of windows.all()) {
        if (windows.isDone(window, now()) && totals.isFirst(window.key, window.end)) this.#forget(window, true);
      }
      await this.#commit();
    } catch (error) {
      log.error('merged windows of roll-ups cannot be written; trying again', { 'error.message': String(error) });
    }
  }

  /** Whether its time is over, and everything that came up to then is here. */
  #over({ partition: number, due }: MergeWindow): boolean {
    const partition = this.#partitions.get(number);
    if (!partition) return false;
    const { came, took } = partition;
    // The clock may have been set back since.
    const time = this.#parts.now();
    return time > due && ((came > due && came <= time) || this.#parts.mono() - took >= QUIET_MS);
  }

  async #write(some: readonly MergeWindow[]): Promise<void> {
    const { writer, windows, totals, figures, revises, now } = this.#parts;
    const taken: { readonly window: MergeWindow; readonly before: number; readonly version: number }[] = [];
    const samples: MergedSample[] = [];
    const parts = new Map<MergeWindow, WindowPart>();
    const touched: TouchedWindow[] = [];
    const counters = new Map<string, MergeWindow>();
    try {
      let sketches = 0;
      for (const window of some) {
        // It became another's since it was due.
        if (!windows.has(window)) continue;
        const { version, written } = window;
        taken.push({ window, before: written, version });
        // Nothing may come in between where it could not be written over.
        if (!revises) window.written = version;
        const { part, again } = merged(window);
        parts.set(window, part);
        if (again) touched.push({ window, ...again });
        sketches += window.relays.size;
        if (sketches < SKETCHES_AT_ONCE) continue;
        sketches = 0;
        await nextTurn();
      }
      const recomputed = touched.length > 0 ? await this.#parts.touched.again(touched) : null;
      if (recomputed) samples.push(...recomputed.marks);
      for (const [window, one] of parts) {
        const part = recomputed?.parts.get(window) ?? one;
        samples.push(...mergedSamples(window, part));
        if (!hasTotal(window.plan)) continue;
        totals.set(window.key, window.end, sumOf(part.rest.increase));
        counters.set(window.key, window);
      }
      for (const [key, window] of counters) {
        for (const [end, total] of totals.changed(key)) samples.push(totalSample(window, end, total));
      }
      if (samples.length > 0) await writer.write(samples);
      for (const key of counters.keys()) totals.settled(key);
    } catch (error) {
      for (const { window, before } of taken) window.written = before;
      throw error;
    }
    for (const { window, before, version } of taken) {
      figures.wrote(before >= 0);
      window.written = version;
      window.wrote = now();
      if (!revises) windows.empty(window);
    }
  }

  async #commit(): Promise<void> {
    for (const { batches } of this.#partitions.values()) {
      const done = batches.done();
      if (done === null) continue;
      await this.#consumer?.commit(done);
      batches.committed(done);
    }
  }
}

/**
 * In the order of the relays' names, so that sums are rounded alike whoever came first.
 * @returns with what went in, where some of it may be in it twice or not at all
 */
function merged({ relays, plan }: MergeWindow): { part: WindowPart; again: Omit<TouchedWindow, 'window'> | null } {
  const part = startPart(plan.bounds.length);
  let again: Omit<TouchedWindow, 'window'> | null = null;
  for (const [, { record }] of [...relays].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { window, group } = readSketchRecord(record);
    const { distribution, rest = startRest(), touched } = group;
    mergePart(part, { distribution, rest });
    if (touched && window.inputs) again ??= { inputs: window.inputs, interval: window.interval ?? 0 };
  }
  return { part, again };
}
