import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { LATENCY_BOUNDS, type Registry } from '../../lib/metrics.ts';
import { WorkerCaller } from '../workers/caller.ts';
import { DAY_MS } from './days.ts';
import type { EngineSettings } from './engine-contract.ts';
import { MOST_WAITING, QUERY_HEAP_MB, QueryThreads } from './query-threads.ts';
import { EmbeddedMetricStore } from './store.ts';

export interface MetricStoreOptions {
  /** Made if it is not there; belongs to this store alone. */
  readonly directory: string;
  /** Samples older than `days` are refused and their days deleted; the oldest days go first when there is more than maxBytes. */
  readonly retention: { readonly days: number; readonly maxBytes: number };
  /** Samples further than this ahead of the clock are refused; one hour unless stated. ms. */
  readonly futureMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  /** How long a write waits for company before the fsync, 5 ms unless stated. */
  readonly lingerMs?: number;
  /** The head goes to the days' files when its journal has this many bytes; 256 MiB unless stated. */
  readonly headBytes?: number;
  /** MB of JavaScript heap of each thread that evaluates queries; 1,024 unless stated. */
  readonly queryHeapMb?: number;
  /** Queries that wait for a thread before more are refused with HG_QUERY_TIMEOUT; 64 unless stated. */
  readonly mostWaiting?: number;
  /** Told when the store's thread has ended by a fault: the store takes and gives nothing more until it is opened anew. */
  readonly onDeath?: (error: Error) => void;
}

type Notice =
  | { kind: 'damaged'; segment: number; bytes: number }
  | { kind: 'checkpointed'; rows: number; bytes: number; ms: number }
  | { kind: 'failed'; message: string }
  | { kind: 'damaged-day'; day: number; aside: string }
  | { kind: 'removed'; day: number; reason: 'age' | 'bytes' };

/**
 * Opens (or makes) the embedded metric store. Resolves when what the last process acknowledged is readable again.
 * Errors: HG_STORE_LOCKED when another process has it open, HG_STORE_WORKER when the directory or a file cannot be used.
 */
export async function openEmbeddedMetricStore(options: MetricStoreOptions): Promise<EmbeddedMetricStore> {
  const settings: EngineSettings = {
    directory: options.directory,
    retentionDays: options.retention.days,
    maxBytes: options.retention.maxBytes,
    futureMs: options.futureMs ?? 3_600_000,
    lingerMs: options.lingerMs ?? 5,
    headBytes: options.headBytes ?? 256 * 1024 * 1024,
    segmentBytes: 64 * 1024 * 1024,
  };
  const figures = register(options.registry);
  const worker = new WorkerCaller(new URL('./worker.ts', import.meta.url), {
    workerData: settings,
    fallback: 'HG_STORE_WORKER',
    onNotice: (notice) => {
      const known = notice as Notice;
      if (known.kind === 'removed') threads.forget(known.day);
      figures.notice(known, options);
    },
    ...(options.onDeath ? { onDeath: options.onDeath } : {}),
  });
  const limits = { heapMb: options.queryHeapMb ?? QUERY_HEAP_MB, mostWaiting: options.mostWaiting ?? MOST_WAITING };
  const threads = new QueryThreads({ directory: options.directory, ...limits }, (port, signal) =>
    worker.call('attach', [port, signal], [port]),
  );
  await worker.open();
  figures.waiting.collect(() => [[{}, threads.waiting]]);
  return new EmbeddedMetricStore(worker, threads, options.clock, (outcomes, ms) => {
    figures.seconds.observe({}, ms / 1_000);
    for (const { written, repeated, dropped } of outcomes) {
      figures.samples.inc({}, written);
      if (repeated > 0) figures.repeated.inc({}, repeated);
      for (const [reason, n] of Object.entries(dropped)) figures.dropped.inc({ reason }, n);
    }
  });
}

function register(registry: Registry) {
  const name = (rest: string) => `heliograph_core_metric_store_${rest}`;
  const checkpoints = registry.counter(name('checkpoints_total'), 'Times the head went to the days files.');
  const failures = registry.counter(name('failures_total'), 'Checkpoints and segment changes that failed.');
  const damaged = registry.counter(name('damaged_bytes_total'), 'Bytes of the head journal that could not be read.');
  const damagedDays = registry.counter(name('damaged_days_total'), 'Days whose file was damaged and put aside.');
  const removed = registry.counter(name('removed_days_total'), 'Days deleted by the retention, by reason.');
  return {
    samples: registry.counter(name('samples_total'), 'Samples written since the start.'),
    repeated: registry.counter(name('repeated_samples_total'), 'Samples of frames that were there already.'),
    dropped: registry.counter(name('dropped_samples_total'), 'Samples refused, by reason.'),
    waiting: registry.gauge(name('waiting_queries'), 'Queries that wait for a thread.'),
    seconds: registry.histogram(name('write_seconds'), 'From the call to durable and visible.', LATENCY_BOUNDS),
    notice(notice: Notice, { log, directory }: MetricStoreOptions): void {
      switch (notice.kind) {
        case 'checkpointed':
          checkpoints.inc();
          log.debug('The metric head went to the days files', { directory, ...notice });
          break;
        case 'failed':
          failures.inc();
          log.error('The metric store could not write; it goes on with its journal', { directory, ...notice });
          break;
        case 'damaged':
          damaged.inc({}, notice.bytes);
          // The tail of a segment that was being written at a crash; or real damage, which these bytes then say.
          log.warn('Skipped unreadable bytes of the head journal', { directory, ...notice });
          break;
        case 'damaged-day':
          damagedDays.inc();
          log.error('A day of metrics is damaged; its file is put aside and not served', {
            directory,
            ...notice,
            day: new Date(notice.day * DAY_MS).toISOString().slice(0, 10),
          });
          break;
        case 'removed':
          removed.inc({ reason: notice.reason });
          log.info('Deleted a day of metrics', { directory, ...notice });
      }
    },
  };
}
