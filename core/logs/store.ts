import type { Clock } from '../../lib/clock.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { LogFrame } from '../ports/frames.ts';
import type {
  BusPosition,
  HistogramQuery,
  LogHistogram,
  LogPage,
  LogQuery,
  LogStore,
  Restored,
  StoredLine,
} from '../ports/log-store.ts';
import type { FrameOutcome, SequenceRanges } from '../ports/metric-store.ts';
import type { WorkerCaller } from '../workers/caller.ts';

/** How long one call may count before searches that wait have their turn. */
const COUNT_SLICE_MS = 30;

/** The embedded log store: this thread's side of its two workers. */
export class EmbeddedLogStore implements LogStore {
  readonly searchableAfterMs = 0;
  readonly #writer: WorkerCaller;
  readonly #reader: WorkerCaller;
  readonly #clock: Clock;
  readonly #onAppend: (outcomes: readonly FrameOutcome[]) => void;

  constructor(
    writer: WorkerCaller,
    reader: WorkerCaller,
    clock: Clock,
    onAppend: (outcomes: readonly FrameOutcome[]) => void,
  ) {
    this.#writer = writer;
    this.#reader = reader;
    this.#clock = clock;
    this.#onAppend = onAppend;
  }

  async append(frames: readonly LogFrame[], position: BusPosition): Promise<readonly FrameOutcome[]> {
    const outcomes = await this.#writer.call<FrameOutcome[]>('append', [frames, position, this.#clock.now()]);
    this.#onAppend(outcomes);
    return outcomes;
  }

  /** This store refuses no line, so there is none to give to it again. @throws HeliographError HG_LOG_RESTORE */
  async restore(frames: readonly LogFrame[]): Promise<Restored> {
    throw new HeliographError(
      'HG_LOG_RESTORE',
      `${frames.length} lines were refused by an engine, and the core keeps lines in its own store now; set "logs" back, or purge them`,
    );
  }

  /** Commits what waits for its second to be over. */
  flush(): Promise<void> {
    return this.#writer.call('flush', []);
  }

  positions(): Promise<Readonly<Record<string, string>>> {
    return this.#writer.call('positions', []);
  }

  /** Errors: HG_LOG_QUERY, HG_LOG_QUERY_TIMEOUT. */
  search(query: LogQuery): Promise<LogPage> {
    return this.#reader.call('search', [query]);
  }

  /** Errors: HG_LOG_QUERY. */
  async histogram(query: HistogramQuery): Promise<LogHistogram> {
    const id = await this.#reader.call<number>('countStart', [query]);
    for (;;) {
      const done = await this.#reader.call<LogHistogram | null>('countNext', [id, COUNT_SLICE_MS]);
      if (done) return done;
    }
  }

  /** In order of time by the hour and block; lines within one batch ascend. */
  async *export(start: number, end: number): AsyncGenerator<StoredLine[]> {
    const id = await this.#reader.call<number>('exportStart', [start, end]);
    try {
      for (;;) {
        const batch = await this.#reader.call<StoredLine[]>('exportNext', [id]);
        if (batch.length === 0) return;
        yield batch;
      }
    } finally {
      await this.#reader.call('exportEnd', [id]);
    }
  }

  sequences(): Promise<readonly SequenceRanges[]> {
    return this.#writer.call('sequences', []);
  }

  totals(): ReturnType<LogStore['totals']> {
    return this.#writer.call('totals', []);
  }

  retain(now: number): Promise<void> {
    return this.#writer.call('retain', [now]);
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#writer.close();
  }
}
