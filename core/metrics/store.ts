import type { Clock } from '../../lib/clock.ts';
import type { MetricFrame, ResolvedPage } from '../ports/frames.ts';
import type { FrameOutcome, Matcher, MetricStore, SequenceRanges, SeriesSamples } from '../ports/metric-store.ts';
import { recordOf } from '../promql/labels.ts';
import type { WorkerCaller } from '../workers/caller.ts';
import { AnsweredQueries } from './answered-queries.ts';
import type { IncomingFrame } from './intake.ts';
import { KnownGroups } from './known-groups.ts';
import type { QueryThreads } from './query-threads.ts';
import type { FlatLabels } from './series-index.ts';

/** Pages the worker is told to keep before it is told to forget them all and learn again. */
const MAX_PAGES = 4_000;
/** Series whose labels go over together. */
const SERIES_PIECE = 1_000;
/** Series of which a batch of an export has at most. */
const EXPORT_SERIES = 20_000;

/** The embedded metric store: this thread's side of the worker. Exact: doubles come back bit for bit. */
export class EmbeddedMetricStore extends AnsweredQueries implements MetricStore {
  readonly exact = true;
  readonly overwrites = true;
  readonly inOrder = true;
  readonly visibleAfterMs = 0;
  readonly #worker: WorkerCaller;
  readonly #threads: QueryThreads;
  readonly #clock: Clock;
  readonly #onWrite: (outcomes: readonly FrameOutcome[], ms: number) => void;
  readonly #pages = new Set<string>();
  readonly #groups = new KnownGroups();

  constructor(
    worker: WorkerCaller,
    threads: QueryThreads,
    clock: Clock,
    onWrite: (outcomes: readonly FrameOutcome[], ms: number) => void,
  ) {
    super();
    this.#worker = worker;
    this.#threads = threads;
    this.#clock = clock;
    this.#onWrite = onWrite;
  }

  async write(frames: readonly MetricFrame[]): Promise<readonly FrameOutcome[]> {
    if (frames.length === 0) return [];
    const started = this.#clock.mono();
    // Both messages go in this order, so the pages are there when the frames are read.
    const learned = this.#teach(frames);
    const [outcomes] = await Promise.all([
      this.#worker.call<FrameOutcome[]>('write', [frames.map(incoming), this.#clock.now()]),
      learned,
    ]);
    this.#groups.add(frames);
    this.#onWrite(outcomes, this.#clock.mono() - started);
    return outcomes;
  }

  knows(frame: MetricFrame): boolean {
    return this.#groups.has(frame);
  }

  async take(frame: MetricFrame): Promise<FrameOutcome> {
    const [outcome] = await this.write([frame]);
    return outcome!;
  }

  answer(...question: Parameters<QueryThreads['answer']>): ReturnType<QueryThreads['answer']> {
    return this.#threads.answer(...question);
  }

  /** In pieces, so that no thread is held by many labels at once. */
  async series(
    matches: readonly string[],
    start: number,
    end: number,
    limit: number,
  ): Promise<Record<string, string>[]> {
    const found = await this.#worker.call<Int32Array>('series', [matches, start, end]);
    const ids = limit > 0 ? found.subarray(0, limit) : found;
    const out: Record<string, string>[] = [];
    for (let from = 0; from < ids.length; from += SERIES_PIECE) {
      const piece = ids.slice(from, from + SERIES_PIECE);
      const labels = await this.#worker.call<(FlatLabels | null)[]>('labels', [piece]);
      for (const one of labels) if (one !== null) out.push(recordOf(one));
    }
    return out;
  }

  labelNames(matches: readonly string[], start: number, end: number): Promise<string[]> {
    return this.#worker.call('labelNames', [matches, start, end]);
  }

  labelValues(name: string, matches: readonly string[], start: number, end: number): Promise<string[]> {
    return this.#worker.call('labelValues', [name, matches, start, end]);
  }

  /** No matchers at all: every series. */
  async *export(
    matchers: readonly (readonly Matcher[])[],
    start: number,
    end: number,
  ): AsyncGenerator<SeriesSamples[]> {
    let ids = await this.#threads.run<Int32Array>('find', [matchers, start, end]);
    while (ids.length > 0) {
      // No more ids than a batch may need: they are copied each time.
      const next = ids.slice(0, EXPORT_SERIES);
      const { batch, read } = await this.#threads.run<{ batch: SeriesSamples[]; read: number }>('read', [
        next,
        start,
        end,
      ]);
      ids = ids.subarray(read);
      if (batch.length > 0) yield batch;
    }
  }

  sequences(): Promise<readonly SequenceRanges[]> {
    return this.#worker.call('sequences', []);
  }

  totals(): ReturnType<MetricStore['totals']> {
    return this.#worker.call('totals', []);
  }

  retain(now: number): Promise<void> {
    return this.#worker.call('retain', [now]);
  }

  /** Moves what is in memory to the days' files now, and lets go of the head journal. It happens by itself every hour. */
  checkpoint(): Promise<void> {
    return this.#worker.call('checkpoint', []);
  }

  async close(): Promise<void> {
    await this.#threads.close();
    await this.#worker.close();
  }

  /** Sends the pages the worker does not have. */
  #teach(frames: readonly MetricFrame[]): Promise<void> | undefined {
    const forget = this.#pages.size > MAX_PAGES;
    if (forget) this.#pages.clear();
    const pages: ResolvedPage[] = [];
    for (const frame of frames) {
      for (const { page } of frame.rows) {
        if (this.#pages.has(page.hash)) continue;
        this.#pages.add(page.hash);
        pages.push({ hash: page.hash, series: page.series });
      }
    }
    return pages.length > 0 || forget ? this.#worker.call('learnPages', [pages, forget]) : undefined;
  }
}

function incoming(frame: MetricFrame): IncomingFrame {
  return {
    id: frame.id,
    target: frame.target,
    rows: frame.rows.map(({ page, times, values, present }) => ({
      page: page.hash,
      times: own(times),
      values: own(values),
      present: present && own(present),
    })),
  };
}

/** A view on a part of a larger buffer would be sent with all of it. */
function own<T extends Float64Array | Uint8Array>(array: T): T {
  return array.byteLength === array.buffer.byteLength ? array : (array.slice() as T);
}
