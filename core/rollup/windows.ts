import { samePlan } from '../../lib/distribution.ts';
import { type Batch, type Batches, release } from './batches.ts';
import { isOfHosts } from './host-window.ts';
import type { SketchRecord } from './record.ts';
import type { ResultWindow } from './results.ts';

/** What became of a sketch. */
export const SKETCH_FATES = ['taken', 'repeated', 'late', 'future', 'other_plan', 'no_room', 'undecodable'] as const;
export type SketchFate = (typeof SKETCH_FATES)[number];

/** One window of one group. */
export interface MergeWindow extends ResultWindow {
  readonly key: string;
  readonly rule: string;
  readonly partition: number;
  /** When it is written; ms since the epoch, as all times here. */
  due: number;
  /** When a sketch can change nothing any more. */
  readonly until: number;
  /** When it was written last; -Infinity: never. */
  wrote: number;
  /** By relay and worker: how many values its sketch has, and the record; without bytes once it was written for good. */
  readonly relays: Map<string, { readonly count: number; readonly record: Uint8Array }>;
  /** Changes with its sketches. */
  version: number;
  /** The version that is written; -1: none. */
  written: number;
  /** Batches of the bus that have its sketches. */
  readonly batches: Set<Batch>;
}

export interface WindowsOptions {
  /** ms, as core/rollup/config.ts has them. */
  readonly grace: number;
  readonly late: number;
  readonly maxWindows: number;
  readonly maxBytes: number;
  /** Whether a value that was written can be written over. */
  readonly revises: boolean;
}

/** As the metric stores have it: a sample may be ahead of the clock by so much. */
const FUTURE_MS = 3_600_000;
/** A sketch that waits for its own window's lateness longer than this comes late: nobody may keep what waits for ever. */
const MOST_LATENESS_MS = 3_600_000;
/**
 * A window that is done with is remembered for so long: by then the store shows what was written, also to who merges after this process, whose
 * clock may be another.
 */
const REMEMBERED_MS = 30_000;
/** What each sketch takes beside its bytes, also when these are let go. */
const SKETCH_BYTES = 200;
/** The part of windows and of bytes that is for collectors' sketches: relays' have room however many those send. */
const OF_HOSTS = 0.5;
const NOTHING = new Uint8Array(0);

/** The windows that wait for further relays, and those that were written a while ago. Knows neither the bus nor the store. */
export class Windows {
  readonly #options: WindowsOptions;
  readonly #windows = new Map<string, MergeWindow>();
  #bytes = 0;
  /** What collectors' windows have of all. */
  readonly #ofHosts = { windows: 0, bytes: 0 };

  constructor(options: WindowsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#windows.size;
  }

  /** Of sketches in memory, and what goes with them. */
  get bytes(): number {
    return this.#bytes;
  }

  has(window: MergeWindow): boolean {
    return this.#windows.get(nameOf(window.key, window.end)) === window;
  }

  all(): Iterable<MergeWindow> {
    return this.#windows.values();
  }

  /**
   * Whether a sketch is of a window that is not remembered and may have been done with: it came when that was written, or it is read when that is
   * forgotten. Before, the bus has all of the window still.
   */
  asksStore(key: string, { window, came }: SketchRecord, now: number): boolean {
    if (this.#windows.has(nameOf(key, window.end))) return false;
    const due = this.#due(window);
    return came > due || now >= due + this.#options.late;
  }

  /** Whether a window ends so far ahead of the clock that it is none. */
  isFuture({ window, came }: SketchRecord): boolean {
    return window.end > came + FUTURE_MS;
  }

  /** Whether all of it is over, so that nothing needs to know of it. */
  isDone({ version, written, until, wrote }: MergeWindow, now: number): boolean {
    // A clock that ran ahead when it was written does not count.
    const since = wrote > now ? until : Math.max(until, wrote);
    return written === version && now >= since + REMEMBERED_MS;
  }

  /**
   * Takes what a relay has of a window. Of two sketches of one relay that with more values stays: which came first makes no difference.
   * @param bytes of the record
   */
  take(key: string, record: SketchRecord, bytes: Uint8Array, partition: number, batches: Batches): SketchFate {
    const { relay, site, came, window, group } = record;
    if (this.isFuture(record)) return 'future';
    const name = nameOf(key, window.end);
    const { late, grace, revises } = this.#options;
    const there = this.#windows.get(name);
    const { count } = group.distribution.sketch;
    const from = window.worker ? `${relay} ${window.worker}` : relay;
    const before = there?.relays.get(from);
    if (there && before && samePlan(there.plan, window) && before.count >= count) return 'repeated';
    if (there && !revises && (there.written >= 0 || came > there.due)) return 'late';
    if (there && came > there.until) return 'late';
    if (there && !samePlan(there.plan, window)) return 'other_plan';
    const more = bytes.length - (before?.record.length ?? 0) + (before ? 0 : SKETCH_BYTES);
    if (!this.#hasRoom(window, more, there === undefined)) return 'no_room';
    // The first sketch of a window comes late where no relay could send for a while: it waits for the others all the same.
    const due = Math.max(this.#due(window), came > this.#due(window) ? came + grace : 0);
    const plan = { quantiles: window.quantiles, bounds: window.bounds, plain: window.plain };
    const { rule, end, interval = 0 } = window;
    const origin = window.own ? { relay, site } : null;
    const its: MergeWindow = there ?? {
      ...{ key, rule, series: group.series, end, interval, origin, plan, partition, due, until: due + late },
      relays: new Map(),
      version: 0,
      written: -1,
      wrote: Number.NEGATIVE_INFINITY,
      batches: new Set(),
    };
    this.#windows.set(name, its);
    its.relays.set(from, { count, record: bytes });
    its.version++;
    if (!there && isOfHosts(its)) this.#ofHosts.windows++;
    this.#add(its, more);
    batches.hold(its);
    return 'taken';
  }

  /** What it holds is written for good, and is not kept any longer: only that it was written. The bus has it until it is forgotten. */
  empty(window: MergeWindow): void {
    for (const [relay, { count, record }] of window.relays) {
      this.#add(window, -record.length);
      window.relays.set(relay, { count, record: NOTHING });
    }
  }

  forget(window: MergeWindow): void {
    this.empty(window);
    release(window);
    if (!this.#windows.delete(nameOf(window.key, window.end))) return;
    this.#add(window, -window.relays.size * SKETCH_BYTES);
    if (isOfHosts(window)) this.#ofHosts.windows--;
  }

  #hasRoom(window: { readonly rule: string }, more: number, isNew: boolean): boolean {
    const { maxWindows, maxBytes } = this.#options;
    if (this.#bytes + more > maxBytes || (isNew && this.#windows.size >= maxWindows)) return false;
    if (!isOfHosts(window)) return true;
    const { windows, bytes } = this.#ofHosts;
    return bytes + more <= maxBytes * OF_HOSTS && (!isNew || windows < maxWindows * OF_HOSTS);
  }

  #add(window: { readonly rule: string }, bytes: number): void {
    this.#bytes += bytes;
    if (isOfHosts(window)) this.#ofHosts.bytes += bytes;
  }

  #due({ end, lateness }: { readonly end: number; readonly lateness: number }): number {
    return end + Math.min(lateness, MOST_LATENESS_MS) + this.#options.grace;
  }
}

function nameOf(key: string, end: number): string {
  return `${key} ${end}`;
}
