import { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../host.ts';
import { collectAll } from '../sources/collect-all.ts';
import { createSourceContext } from '../sources/context.ts';
import type { Source, SourceContext } from '../sources/source.ts';
import type { Definitions } from '../spool/definitions.ts';
import type { Spool } from '../spool/spool.ts';
import { MetricFrames } from './metric-frames.ts';
import { Pages } from './pages.ts';
import type { SeriesRules } from './series-rules.ts';
import { SeriesTable } from './series-table.ts';
import { Stamps } from './stamps.ts';

export interface SamplerOptions {
  readonly host: Host;
  readonly spool: Spool;
  readonly definitions: Definitions;
  readonly sources: readonly Source[];
  /** Where the machine's files are, '/' for its own. */
  readonly root: string;
  /** Added to every series, job="node" for one. */
  readonly labels: Readonly<Record<string, string>>;
  readonly seriesLimit: number;
  /** Instants are multiples of this in wall time, plus the phase. */
  readonly intervalMs: number;
  /** A host's own place in the interval, so that a fleet does not speak in one breath. */
  readonly phaseMs: number;
  /** Instants that wait for one frame. More is cheaper and later. */
  readonly instantsPerFrame: number;
  readonly onCapped: (metric: string) => void;
  /** What is done to series before they are sent; null: nothing. */
  readonly rules: SeriesRules | null;
  /** Samples of series that the rules dropped. */
  readonly onDropped: (reason: string, samples: number) => void;
  /** Samples that did not get into the spool. */
  readonly onLost: (reason: string, samples: number) => void;
  /** So many times the interval passes between two collections now, for a cap's sake. */
  readonly stretch: () => number;
}

/** Frames on their way into a journal that does not answer; samples above that are lost, counted, and not kept in memory. */
const MOST_WAITING = 8;
/** A vanished series keeps its place for so long. */
const GONE_MS = 900_000;

/** Collects at each instant, and puts frames of it into the spool. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #table: SeriesTable;
  readonly #pages: Pages;
  readonly #frames: MetricFrames;
  readonly #context: SourceContext;
  readonly #stamps: Stamps;
  /** That wait for a frame. */
  #instants = 0;
  #retired: string[] = [];
  #timer: number | null = null;
  /** Sources that failed in the last collection. */
  failedSources = 0;
  collections = 0;
  /** Collections that were left out by `stretch`. */
  skipped = 0;
  /** Instants that came, collected or not. */
  #turns = 0;
  /** How long the last collection took, ms. */
  lastDurationMs = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
    const { labels, seriesLimit: limit, onCapped, rules, host } = options;
    this.#stamps = new Stamps(() => host.mono());
    this.#table = new SeriesTable({ labels, limit, onCapped, rules });
    this.#frames = new MetricFrames(host, options.definitions);
    this.#pages = new Pages(host, this.#table, options.instantsPerFrame, (page) => {
      this.#retired.push(...this.#frames.drop(page));
    });
    this.#context = createSourceContext(host, options.root, this.#table);
  }

  get series(): number {
    return this.#table.size;
  }

  /** Series that cannot stand in a page: a label of several KB, say. The log names each once. */
  get unsendable(): number {
    return this.#table.size - this.#pages.pages.reduce((sum, page) => sum + page.size, 0);
  }

  /** How far samples' times are before the wall clock, ms: it was set back, and they do not go back. */
  get aheadMs(): number {
    return this.#stamps.aheadOf(this.#options.host.now());
  }

  get pages(): number {
    return this.#pages.pages.length;
  }

  start(): void {
    const { host, intervalMs, phaseMs } = this.#options;
    const now = host.now();
    const instant = Math.floor((now - phaseMs) / intervalMs + 1) * intervalMs + phaseMs;
    this.#timer = host.timer(() => {
      this.#timer = null;
      const late = host.now() - instant;
      // A clock that was set, or a process that stood still: then the sample has the time it was taken at.
      if (this.#turns++ % this.#options.stretch() === 0)
        this.collect(Math.abs(late) < intervalMs / 2 ? instant : Math.round(host.now()));
      else this.skipped++;
      this.start();
    }, instant - now);
  }

  /** No more collections; what is gathered goes into the spool. */
  stop(): void {
    if (this.#timer !== null) this.#options.host.cancel(this.#timer);
    this.#timer = null;
    this.#flush();
  }

  /** One collection with the time `instant`, ms since the epoch; it is a little later if the last one was not before it. */
  collect(instant: number): void {
    const { host, sources, instantsPerFrame, intervalMs, seriesLimit, rules, onDropped } = this.#options;
    const began = host.mono();
    this.#table.begin();
    this.failedSources = collectAll(sources, this.#context);
    rules?.report(onDropped);
    const fresh = this.#table.takeFresh();
    const full = this.#table.size >= seriesLimit;
    const goneSince = this.#table.tick - Math.ceil(GONE_MS / intervalMs);
    const shedding = this.collections > 0 && (full || this.collections % 64 === 0);
    if (fresh.length > 0 || shedding) this.#flush();
    if (shedding) this.#pages.shed((slot) => slot.tick < goneSince, full);
    if (fresh.length > 0) this.#pages.place(fresh);
    let any = false;
    const stamp = this.#stamps.next(instant);
    for (const page of this.#pages.pages) if (page.addRow(this.#table.tick, stamp)) any = true;
    if (any) this.#instants++;
    this.collections++;
    this.lastDurationMs = host.mono() - began;
    if (this.#instants >= instantsPerFrame) this.#flush();
  }

  #flush(): void {
    if (this.#instants === 0) return;
    const { host, spool, definitions, onLost } = this.#options;
    const pages = this.#pages.pages;
    this.#instants = 0;
    if (spool.waiting('metric') >= MOST_WAITING) {
      onLost(
        'disk',
        pages.reduce((sum, page) => sum + page.samples, 0),
      );
      for (const page of pages) page.clear();
      return;
    }
    const retired = this.#retired;
    this.#retired = [];
    try {
      for (const frame of this.#frames.encode(pages)) {
        retired.push(...frame.retired);
        spool.add('metric', {
          kind: 'metrics',
          created: host.now(),
          items: frame.samples,
          body: frame.body,
          marks: [],
          done: (error) => {
            if (error !== null) onLost(error.code, frame.samples);
          },
        });
      }
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      host.log('error', 'a collection could not be put into the spool', { error: error.message });
      onLost(
        error.code,
        pages.reduce((sum, page) => sum + page.samples, 0),
      );
      for (const page of pages) page.clear();
    }
    if (retired.length > 0) this.#retire(retired, definitions);
  }

  /** After the frames that may name them, in the order of the spool. */
  #retire(hashes: readonly string[], definitions: Definitions): void {
    const { spool } = this.#options;
    spool.afterWaiting('metric', () => {
      const used = new Set(this.#pages.pages.flatMap((page) => [page.hash, page.base?.hash ?? '']));
      const end = spool.journal.end('metric');
      for (const hash of hashes) if (!used.has(hash)) definitions.retire(hash, end);
    });
  }
}
