import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { LATENCY_BOUNDS, type Registry } from '../../lib/metrics.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { appendFigures } from './append-figures.ts';
import type { LogSettings } from './appender.ts';
import { HOUR_MS } from './partition-files.ts';
import { EmbeddedLogStore } from './store.ts';

export interface LogStoreOptions {
  /** Made if it is not there; belongs to this store alone. */
  readonly directory: string;
  /** Lines older than `days` are refused and their hours deleted; the oldest hours go first when there is more than maxBytes. */
  readonly retention: { readonly days: number; readonly maxBytes: number };
  /** Lines further than this ahead of the clock are refused; one hour unless stated. ms. */
  readonly futureMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  /** A commit at the latest after this long, 1,000 ms unless stated. */
  readonly commitMs?: number;
  /** A commit at once when this many lines wait, 1,000 unless stated. */
  readonly commitLines?: number;
  /** A search is stopped after this long, 30,000 ms unless stated. */
  readonly searchTimeoutMs?: number;
  /** Told when a thread of the store has ended by a fault: it must be opened anew. */
  readonly onDeath?: (error: Error) => void;
}

type Notice =
  | { kind: 'committed'; ms: number }
  | { kind: 'failed'; message: string }
  | { kind: 'removed'; hour: number; reason: 'age' | 'bytes' };

/**
 * Opens (or makes) the embedded log store. Resolves when what the last process acknowledged is there and what it did not
 * acknowledge is gone. Errors: HG_STORE_LOCKED when another process has it open, HG_STORE_WORKER when the directory or
 * a file cannot be used.
 */
export async function openEmbeddedLogStore(options: LogStoreOptions): Promise<EmbeddedLogStore> {
  const settings: LogSettings = {
    directory: options.directory,
    retentionDays: options.retention.days,
    maxBytes: options.retention.maxBytes,
    futureMs: options.futureMs ?? HOUR_MS,
    commitMs: options.commitMs ?? 1_000,
    commitLines: options.commitLines ?? 1_000,
    searchTimeoutMs: options.searchTimeoutMs ?? 30_000,
  };
  const figures = register(options.registry);
  const common = {
    workerData: settings,
    fallback: 'HG_STORE_WORKER',
    ...(options.onDeath ? { onDeath: options.onDeath } : {}),
  } as const;
  const writer = new WorkerCaller(new URL('./append-worker.ts', import.meta.url), {
    ...common,
    onNotice: (notice) => figures.notice(notice as Notice, options),
  });
  await writer.open();
  const reader = new WorkerCaller(new URL('./search-worker.ts', import.meta.url), common);
  return new EmbeddedLogStore(writer, reader, options.clock, appendFigures(options.registry));
}

function register(registry: Registry) {
  const name = (rest: string) => `heliograph_core_log_store_${rest}`;
  const seconds = registry.histogram(name('commit_seconds'), 'Commits of the log store.', LATENCY_BOUNDS);
  const failures = registry.counter(name('failures_total'), 'Merges of small blocks that failed.');
  const removed = registry.counter(name('removed_hours_total'), 'Hours deleted by the retention, by reason.');
  return {
    notice(notice: Notice, { log, directory }: LogStoreOptions): void {
      switch (notice.kind) {
        case 'committed':
          seconds.observe({}, notice.ms / 1_000);
          break;
        case 'failed':
          failures.inc();
          log.error('The log store could not merge small blocks; they stay as they are', { directory, ...notice });
          break;
        case 'removed':
          removed.inc({ reason: notice.reason });
          log.info('Deleted an hour of logs', { directory, ...notice });
      }
    },
  };
}
