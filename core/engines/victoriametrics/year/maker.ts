import { type ErrorCode, HeliographError } from '../../../../lib/errors.ts';
import type { Logger } from '../../../../lib/log.ts';
import type { SeriesSamples } from '../../../ports/metric-store.ts';
import { foldWindows, type Span } from './fold.ts';
import type { LateWindow, YearLedger } from './ledger.ts';
import type { Revisions } from './revision.ts';
import { oldestWindow, windowOf } from './window.ts';
import type { SeriesWindows, Written } from './write.ts';
import { Writes } from './writes.ts';

/** Series that are read at once: those of a metric name, or all of some hosts. */
export type Part = string | readonly string[];

/** Where samples come from. */
export interface Samples {
  names(start: number, end: number): Promise<readonly string[]>;
  samples(of: Part, start: number, end: number): AsyncIterable<SeriesSamples>;
}

/** Windows that were computed, the first time and again. */
export interface Made {
  readonly fresh: number;
  readonly again: number;
  readonly series: number;
  readonly samples: number;
  readonly ms: number;
}

/** Why windows cannot be computed: the full tier does not have them whole any more, before they were first computed or again; or no later revision fits. */
export type LostWindows = 'too_old' | 'late_too_old' | 'no_revision';

export interface MakerParts {
  readonly ledger: YearLedger;
  readonly revisions: Revisions;
  readonly reader: Samples;
  /** A window whose stamp is null is left as it is. */
  readonly write: (batch: readonly SeriesWindows[], stamps: readonly (number | null)[]) => Promise<Written>;
  /** Whether both engines can be used now. */
  readonly ready: () => boolean;
  readonly windowMs: number;
  readonly graceMs: number;
  /** How much time new windows gather before they are computed. */
  readonly everyMs: number;
  readonly seamMs: number;
  readonly againMs: number;
  /** How long samples are kept in full, ms: windows before that cannot be computed. */
  readonly fullMs: number;
  /** How long what the full tier has answered may be hidden from its queries, ms, and how long it takes until it is entered. */
  readonly visibleMs: number;
  readonly enteredMs: () => number;
  readonly now: () => number;
  /** Steady clock, ms. */
  readonly mono: () => number;
  /** Runs once after `ms`; returns how to call it off. */
  readonly timer: (run: () => void, ms: number) => () => void;
  /** Resolves when everything else that waits for this thread had its turn. */
  readonly turn: () => Promise<void>;
  readonly log: Logger;
  readonly onMade: (made: Made) => void;
  readonly onLost: (windows: number, why: LostWindows) => void;
  /** Null: well again. */
  readonly onTrouble: (error: HeliographError | null) => void;
}

/** Windows of one span: what is read at once of a series, and written of it in one entry. */
const MOST_WINDOWS = 24;
/** Hosts whose late windows are computed at once, and windows of one host that are looked at for it. */
const MOST_INSTANCES = 50;
const MOST_LATE = 5_000;
/** How long it holds the thread at once, ms: frames come in by the same. */
const TURN_MS = 5;
const IDLE_MS = 1_000;
const RETRY_MS = 5_000;
/** Of the time in which it catches up, this much it rests for each part it works: the full tier has others to answer. */
const REST = 1;
const LONGEST_REST_MS = 10_000;

interface Work {
  readonly from: number;
  readonly count: number;
  readonly late: readonly LateWindow[];
  /** Of which hosts; null: of all series. */
  readonly instances: readonly string[] | null;
}

/** Computes windows behind the watermark, one span after the other, new ones and late ones by turns. */
export class WindowMaker {
  readonly #parts: MakerParts;
  #cancel: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #closed = false;
  #running: Promise<void> = Promise.resolve();
  #lateLast = false;

  constructor(parts: MakerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Stops; what is half done is done again at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { ready, onTrouble, log } = this.#parts;
    let told: ErrorCode | null = null;
    while (!this.#closed) {
      let pause = IDLE_MS;
      try {
        if (ready()) {
          const work = this.#next();
          if (work !== null) {
            // An ordinary window has five minutes; only who is behind has to be slowed down.
            pause = Math.min((await this.#compute(work)) * REST, LONGEST_REST_MS);
          }
          onTrouble(null);
          told = null;
        }
      } catch (error) {
        if (this.#closed) return;
        const typed =
          error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error);
        onTrouble(typed);
        if (told !== typed.code) {
          log.error('windows for the year store cannot be computed now; it is tried again', {
            'error.code': typed.code,
            'error.message': typed.message,
          });
        }
        told = typed.code;
        pause = RETRY_MS;
      }
      await this.#sleep(pause);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      this.#wake = resolve;
      this.#cancel = this.#parts.timer(resolve, ms);
    });
  }

  /** What is to be done next: new windows and late ones by turns, the oldest first. */
  #next(): Work | null {
    const { ledger, windowMs, fullMs, graceMs, everyMs, againMs, now, onLost } = this.#parts;
    const oldest = oldestWindow(now(), fullMs, this.#parts.seamMs, windowMs);
    const gone = ledger.forget(oldest);
    if (gone > 0) onLost(gone, 'late_too_old');
    if (ledger.watermark < oldest) {
      onLost((oldest - ledger.watermark) / windowMs, 'too_old');
      ledger.done(oldest, []);
    }
    const until = windowOf(now() - graceMs, windowMs);
    const gathered = (until - ledger.watermark) / windowMs;
    const fresh = Math.min(gathered, MOST_WINDOWS);
    const mayFresh = gathered >= Math.max(1, Math.min(Math.floor(everyMs / windowMs), MOST_WINDOWS));
    if (mayFresh && this.#lateLast) {
      this.#lateLast = false;
      return { from: ledger.watermark, count: fresh, late: [], instances: null };
    }
    const late = this.#late(ledger.take(now() - againMs, MOST_LATE));
    if (late !== null) {
      this.#lateLast = true;
      return late;
    }
    return mayFresh ? { from: ledger.watermark, count: fresh, late: [], instances: null } : null;
  }

  /** The oldest late window with those beside it, and with all whose increase may begin in it; of the hosts that are late there, so many at once. */
  #late(rows: readonly LateWindow[]): Work | null {
    const { ledger, windowMs, seamMs } = this.#parts;
    const first = rows[0];
    if (first === undefined) return null;
    const near = rows.filter(({ start }) => start < first.start + MOST_WINDOWS * windowMs);
    const all = near.some(({ instance }) => instance === '');
    const instances = new Set<string>();
    const late = near.filter(({ instance }) => {
      if (!all && instances.size < MOST_INSTANCES) instances.add(instance);
      return all || instances.has(instance);
    });
    const end = Math.min(late.at(-1)!.start + windowMs + Math.ceil(seamMs / windowMs) * windowMs, ledger.watermark);
    const count = (end - first.start) / windowMs;
    return { from: first.start, count, late, instances: all ? null : [...instances] };
  }

  /** @returns how long it had work itself, ms: the rest is waiting for a disk. */
  async #compute({ from, count, late, instances }: Work): Promise<number> {
    const { ledger, revisions, windowMs, visibleMs, enteredMs, now, mono, onMade, onLost } = this.#parts;
    const end = from + count * windowMs;
    // What is entered from here on is late, whether it is seen below or not.
    ledger.begin(end);
    // What was entered before may still be hidden, where it is entered at once.
    const hidden = visibleMs - enteredMs();
    if (hidden > 0) await this.#sleep(hidden);
    const began = mono();
    const starts = Array.from({ length: count }, (_, i) => from + i * windowMs);
    const given = ledger.revise(starts, revisions, now());
    const stamps = starts.map((start) => {
      const revision = given.get(start);
      return revision === undefined ? null : revisions.stamp(start, revision);
    });
    if (given.size < count) onLost(count - given.size, 'no_revision');
    const writes = new Writes((batch) => this.#parts.write(batch, stamps));
    let read: number;
    try {
      await this.#read({ from, count }, instances, writes);
      read = mono() - began;
    } finally {
      // When the span is given up, nothing of it may come after its next revision was begun.
      await writes.end();
    }
    writes.check();
    ledger.done(late.length > 0 ? 0 : end, late);
    const windows = late.length > 0 ? { fresh: 0, again: count } : { fresh: count, again: 0 };
    onMade({ ...windows, series: writes.series, samples: writes.samples, ms: read });
    return read;
  }

  async #read(span: Span, instances: readonly string[] | null, writes: Writes): Promise<void> {
    const { reader, windowMs, seamMs, mono, turn } = this.#parts;
    let until = mono() + TURN_MS;
    const start = span.from - seamMs;
    const end = span.from + span.count * windowMs - 1;
    const parts: Iterable<Part> = instances === null ? await reader.names(start, end) : [instances];
    for (const part of parts) {
      for await (const { labels, times, values } of reader.samples(part, start, end)) {
        const windows = foldWindows(times, values, span, windowMs, seamMs);
        if (!windows.every(Number.isNaN)) await writes.add({ labels, values: windows });
        if (mono() < until) continue;
        await turn();
        this.#checkOpen();
        until = mono() + TURN_MS;
      }
      this.#checkOpen();
    }
    await writes.flush();
  }

  #checkOpen(): void {
    if (this.#closed) throw new HeliographError('HG_STORE_CLOSED', 'the year store');
  }
}
