import { HeliographError } from '../../../lib/errors.ts';
import type { MaskStage } from '../../../lib/mask/mask.ts';
import type { SketchGroup } from '../../../proto/sketches.ts';
import type { Host } from '../host.ts';
import { DroppedSeries } from '../sampling/dropped-series.ts';
import type { MetricFrames } from '../sampling/metric-frames.ts';
import type { Page } from '../sampling/page.ts';
import { Pages } from '../sampling/pages.ts';
import type { SeriesForm, SeriesRules } from '../sampling/series-rules.ts';
import { Stamps } from '../sampling/stamps.ts';
import type { Labels, SampleSink } from '../sources/source.ts';
import { type PushedSlot, PushedTable, type RefusedSeries, type Reserved } from './pushed-table.ts';
import { type Done, noRoom, type PushedQueue } from './queue.ts';
import { type PushedSketch, type PushedWindow, sketchesBodies } from './sketches.ts';

/** Why a sample of a target is not sent, as the ledger has it; the rules' own reasons stand beside. */
export type RefusedSample = RefusedSeries | 'disordered' | 'future' | 'duplicate' | 'unsendable' | 'disk';

/** One sample with an instant of its own. */
export interface PushedSample {
  readonly name: string;
  /** As [key, value, key, value ...], in any order. */
  readonly labels: Labels;
  /** ms since the epoch. */
  readonly time: number;
  readonly value: number;
  /** The series ends here: a stale marker stands in place of the value. */
  readonly ended?: boolean;
}

/** What became of what was pushed, in samples. */
export interface Pushed {
  taken: number;
  /** By reason. Samples that relabelling rules dropped are not among them. */
  readonly refused: Partial<Record<RefusedSample, number>>;
  /** Not taken because a relabelling rule said so. */
  dropped: number;
  /** Series that were not known before; of a row, that were not in the row before. */
  added: number;
}

export interface TargetParts {
  readonly host: Host;
  readonly frames: MetricFrames;
  readonly queue: PushedQueue;
  readonly mask: MaskStage;
  readonly rules: SeriesRules | null;
  readonly form: SeriesForm;
  readonly reserved: Reserved | null;
  /** A sample that comes again with its time and value is passed over. */
  readonly repeats: boolean;
  /** Of names and labels that are remembered. */
  readonly characterLimit: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly admit: (characters: number) => boolean;
  readonly released: (series: number, characters: number) => void;
  /** Definitions that no later frame of this target names. */
  readonly retire: (hashes: readonly string[]) => void;
  readonly count: (pushed: Pushed) => void;
}

/** Rows that wait for one frame where samples come with instants of their own. */
const INSTANTS = 16;
/** A series that gives nothing for so long makes room for others. */
const GONE_MS = 900_000;
/** Nothing so far ahead of the clock is taken; and a series whose newest sample is begins anew: then the clock was set. */
const AHEAD_MS = 600_000;

/** What is polled, scraped or listened to under one job and instance: its series, and the samples of them on their way to the spool. */
export class PushedTarget {
  readonly #parts: TargetParts;
  readonly #table: PushedTable;
  /** Series of which there are sketches. */
  readonly #sketched: PushedTable;
  #sketchTick = 0;
  readonly #pages: Pages;
  #retired: string[] = [];
  #tick = 0;
  /** Of the last row. */
  #rowTick = -2;
  #lastRow = Number.NEGATIVE_INFINITY;
  #stamps: Stamps;
  #shedAt: number;

  constructor(parts: TargetParts) {
    const { host, mask, rules, form, reserved, characterLimit, labels, admit, released } = parts;
    this.#parts = parts;
    const masked = (text: string) => mask.text(text);
    const table = { labels, mask: masked, rules, form, reserved, characterLimit, admit, released };
    this.#table = new PushedTable(table);
    this.#sketched = new PushedTable(table);
    this.#pages = new Pages(host, this.#table, INSTANTS, (page) => {
      this.#retired.push(...parts.frames.drop(page));
    });
    this.#shedAt = host.mono() + GONE_MS;
    this.#stamps = new Stamps(() => host.mono());
  }

  /** The time of the last row, ms since the epoch. */
  get lastRow(): number {
    return this.#lastRow;
  }

  get series(): number {
    return this.#table.size + this.#sketched.size;
  }

  /** Definitions that its next frames may name. */
  names(hash: string): boolean {
    return this.#pages.pages.some((page) => page.hash === hash || page.base?.hash === hash);
  }

  /**
   * All samples of one instant: a scrape, a poll, a flush. A series of the row before that is not in this one has ended, and gets a stale marker.
   * @param given its instant, ms since the epoch, by this machine's clock: where that was set back, the row is a little after the last one
   * @param fill adds the samples, each series once; it may look at what became of those that it added before
   * @param done told when they are in the spool
   */
  row(given: number, fill: (sink: SampleSink, soFar: Readonly<Pushed>) => void, done: Done = ignore): Pushed {
    const pushed = startPushed();
    const { host, queue } = this.#parts;
    const refusal = this.#timeRefused(given, Number.NEGATIVE_INFINITY) ?? (queue.full ? 'disk' : null);
    if (refusal !== null) {
      fill({ add: () => refuse(pushed, refusal) }, pushed);
      return this.#over(pushed, [], refusal === 'disk' ? noRoom() : null, done);
    }
    const most = host.now() + AHEAD_MS;
    // A clock that was set back by more than that begins anew.
    if (this.#lastRow > most) this.#stamps = new Stamps(() => host.mono());
    const instant = Math.min(this.#stamps.next(given), most);
    this.#lastRow = instant;
    this.#tick++;
    fill({ add: (name, labels, value) => this.#add(pushed, name, labels, instant, value) }, pushed);
    this.#rowTick = this.#tick;
    this.#place(pushed);
    for (const page of this.#pages.pages) page.addRow(this.#tick, instant);
    return this.#over(pushed, this.#pages.pages, null, done);
  }

  /**
   * Samples with instants of their own. That a series is not among them says nothing; it ends where a sample says so.
   * @param done told when they are in the spool
   * @param told why a sample is refused
   */
  samples<S extends PushedSample>(
    samples: Iterable<S>,
    done: Done = ignore,
    told: (sample: S, reason: RefusedSample) => void = () => undefined,
  ): Pushed {
    const pushed = startPushed();
    const all = [...samples];
    if (this.#parts.queue.full) {
      for (const _ of all) refuse(pushed, 'disk');
      return this.#over(pushed, [], noRoom(), done);
    }
    // Of one time in the order in which they came: sorting keeps that.
    all.sort((a, b) => a.time - b.time);
    const taken: { slot: PushedSlot; sample: S }[] = [];
    for (const sample of all) {
      const slot = this.#find(pushed, sample.name, sample.labels);
      if (typeof slot === 'string') told(sample, slot);
      else if (slot !== null) taken.push({ slot, sample });
    }
    pushed.added = this.#place(pushed);
    const filled = new Set<Page>();
    const waits = new Waits(done);
    for (let from = 0, to = 0; from < taken.length; from = to) {
      const { time } = taken[from]!.sample;
      this.#tick++;
      const touched = new Set<Page>();
      for (; to < taken.length && taken[to]!.sample.time === time; to++) {
        const { slot, sample } = taken[to]!;
        if (this.#parts.repeats && slot.time === time && Object.is(slot.value, sample.value)) continue;
        const refusal = this.#set(pushed, slot, time, sample.value, sample.ended ?? false);
        if (refusal !== null) {
          told(sample, refusal);
          continue;
        }
        if (slot.page) touched.add(slot.page);
      }
      for (const page of touched) {
        if (page.full) this.#write([...filled], waits);
        page.addRow(this.#tick, time, false);
        filled.add(page);
      }
    }
    this.#write([...filled], waits);
    waits.end();
    return this.#finish(pushed);
  }

  /**
   * Sketches of one window, which the core merges and makes quantiles of (docs/applications.md). A series has one for each window, later than those before.
   * @param done told when they are in the spool
   */
  sketches(window: PushedWindow, sketches: readonly PushedSketch[], done: Done = ignore): Pushed {
    const { queue, count, host } = this.#parts;
    const pushed = startPushed();
    const waits = new Waits(done);
    const groups: SketchGroup[] = [];
    this.#sketchTick++;
    for (const { name, labels, distribution } of sketches) {
      const slot = this.#find(pushed, name, labels, this.#sketched);
      if (slot === null || typeof slot === 'string') continue;
      const twice = slot.tick === this.#sketchTick;
      // Rules made two series one: what they saw is added up.
      const refusal = queue.full ? 'disk' : twice ? null : this.#timeRefused(window.end, slot.time);
      if (refusal !== null) {
        refuse(pushed, refusal);
        continue;
      }
      slot.tick = this.#sketchTick;
      slot.time = window.end;
      pushed.taken++;
      groups.push({ series: slot.series, distribution });
    }
    this.#sketched.takeFresh();
    this.#forgetSketched();
    if (queue.full) waits.one()(noRoom());
    try {
      for (const { body, sketches: items } of sketchesBodies(window, groups)) {
        const told = waits.one();
        queue.add('sketches', items, body, (error) => {
          if (error !== null) count(lost(items));
          told(error);
        });
      }
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      host.log('error', 'sketches could not be put into the spool', { error: error.message });
      count(lost(groups.length));
      waits.one()(error);
    }
    waits.end();
    count(pushed);
    return pushed;
  }

  /** The target is gone: its series end. */
  close(instant: number): void {
    this.row(Math.max(instant, this.#lastRow + 1), () => undefined);
    this.#pages.shed(() => true, true);
    this.#sketched.remove([...this.#sketched.slots()]);
    this.#retire();
  }

  #add(pushed: Pushed, name: string, labels: Labels, time: number, value: number): void {
    const slot = this.#find(pushed, name, labels);
    if (slot === null || typeof slot === 'string') return;
    const wasThere = slot.tick === this.#rowTick;
    if (this.#set(pushed, slot, time, value, false) === null && !wasThere) pushed.added++;
  }

  #find(pushed: Pushed, name: string, labels: Labels, table = this.#table): PushedSlot | RefusedSeries | null {
    const found = table.find(name, labels);
    if (typeof found === 'string') refuse(pushed, found);
    else if (found instanceof DroppedSeries) {
      found.count();
      pushed.dropped++;
      return null;
    }
    return found;
  }

  /** @returns why it is refused; null: it is taken */
  #set(pushed: Pushed, slot: PushedSlot, time: number, value: number, ended: boolean): RefusedSample | null {
    const twice = slot.tick === this.#tick || slot.ended === this.#tick;
    const refusal = slot.unsendable ? 'unsendable' : twice ? 'duplicate' : this.#timeRefused(time, slot.time);
    if (refusal !== null) {
      refuse(pushed, refusal);
      return refusal;
    }
    slot.time = time;
    if (ended) slot.ended = this.#tick;
    else {
      slot.value = value;
      slot.tick = this.#tick;
    }
    pushed.taken++;
    return null;
  }

  #timeRefused(time: number, last: number): 'disordered' | 'future' | null {
    const most = this.#parts.host.now() + AHEAD_MS;
    // Also what is no number.
    if (!(time <= most)) return 'future';
    return time > last || last > most ? null : 'disordered';
  }

  #forgetSketched(): void {
    const before = this.#parts.host.now() - GONE_MS;
    const gone = [...this.#sketched.slots()].filter(({ time }) => time < before);
    if (gone.length > 0) this.#sketched.remove(gone);
  }

  /** Gives places to new series, and lets go of old ones. @returns how many are new */
  #place(pushed: Pushed): number {
    const { host } = this.#parts;
    const fresh = this.#table.takeFresh();
    const full = pushed.refused.series_limit !== undefined;
    if (full || host.mono() >= this.#shedAt) {
      this.#shedAt = host.mono() + GONE_MS / 10;
      const before = host.now() - GONE_MS;
      this.#pages.shed((slot) => (slot as PushedSlot).time < before, full);
    }
    if (fresh.length === 0) return 0;
    this.#pages.place(fresh);
    for (const slot of fresh) {
      if (slot.page) continue;
      slot.unsendable = true;
      if (slot.tick !== this.#tick) continue;
      pushed.taken--;
      refuse(pushed, 'unsendable');
    }
    return fresh.length;
  }

  #over(pushed: Pushed, pages: readonly Page[], error: HeliographError | null, done: Done): Pushed {
    const waits = new Waits(done);
    if (error !== null) waits.one()(error);
    this.#write(pages, waits);
    waits.end();
    return this.#finish(pushed);
  }

  #finish(pushed: Pushed): Pushed {
    this.#retire();
    this.#parts.count(pushed);
    return pushed;
  }

  /** Puts the rows of these pages into frames. */
  #write(pages: readonly Page[], waits: Waits): void {
    const { frames, queue, host, count } = this.#parts;
    const samples = pages.reduce((sum, page) => sum + page.samples, 0);
    try {
      for (const frame of frames.encode(pages)) {
        this.#retired.push(...frame.retired);
        const done = waits.one();
        queue.add('metrics', frame.samples, frame.body, (error) => {
          if (error !== null) count(lost(frame.samples));
          done(error);
        });
      }
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      host.log('error', 'samples could not be put into the spool', { error: error.message });
      for (const page of pages) page.clear();
      count(lost(samples));
      waits.one()(error);
    }
  }

  #retire(): void {
    if (this.#retired.length === 0) return;
    this.#parts.retire(this.#retired);
    this.#retired = [];
  }
}

/** Calls back once, when all that it waits for is over. */
class Waits {
  readonly #done: Done;
  #left = 1;
  #error: HeliographError | null = null;

  constructor(done: Done) {
    this.#done = done;
  }

  one(): Done {
    this.#left++;
    return (error) => {
      this.#error ??= error;
      this.end();
    };
  }

  end(): void {
    if (--this.#left === 0) this.#done(this.#error);
  }
}

function startPushed(): Pushed {
  return { taken: 0, refused: {}, dropped: 0, added: 0 };
}

function lost(samples: number): Pushed {
  return { taken: -samples, refused: { disk: samples }, dropped: 0, added: 0 };
}

function refuse(pushed: Pushed, reason: RefusedSample): void {
  pushed.refused[reason] = (pushed.refused[reason] ?? 0) + 1;
}

const ignore: Done = () => undefined;
