import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import { LATENCY_BOUNDS, type Registry } from '../../../lib/metrics.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import type { Health } from '../../api/health.ts';
import { makeDirectory } from '../../disk/sync-directory.ts';
import type { MetricFrame } from '../../ports/frames.ts';
import { FrameLedger } from '../../seen/frame-ledger.ts';
import { EngineGate } from '../gate.ts';
import { Address, type AddressFigures } from './address.ts';
import { checkVictoriaMetrics } from './check.ts';
import { VictoriaMetricsClient } from './client.ts';
import type { VictoriaMetricsConfig } from './config.ts';
import { DoorJournal } from './door-journal.ts';
import type { RefusedSamples } from './job.ts';
import { EngineQueries } from './queries.ts';
import { SeriesBytes } from './series-bytes.ts';
import { VictoriaMetricsStore } from './store.ts';

export interface VictoriaMetricsOptions {
  readonly config: VictoriaMetricsConfig;
  /** Of the ledger and of what waits from doors; belongs to this store alone. */
  readonly directory: string;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly health: Pick<Health, 'well' | 'ill'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onRefused: (frame: MetricFrame, refused: RefusedSamples) => Promise<void>;
  /** How long after an answer samples are held to be on the engine's disk, ms, where it is not as the engine's flags ask for. */
  readonly settleMs?: number;
  /** How often the engine is looked at, ms; a second unless stated. */
  readonly lookMs?: number;
}

const SECOND_MS = 1_000;
/** It is looked at every second while something is not safe, and otherwise every so many seconds. */
const IDLE_LOOKS = 5;
/** The engine drops what is more than two days ahead behind a success; an hour is what the embedded store allows. */
const FUTURE_MS = 3_600_000;

/**
 * Opens the metric store on VictoriaMetrics. Resolves also while the engine is down: it is then waited for.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING, HG_STORE_LOCKED, HG_STORE_DISK
 */
export async function openVictoriaMetricsStore(options: VictoriaMetricsOptions): Promise<VictoriaMetricsStore> {
  const { config, directory, registry, clock, log, retentionMs } = options;
  const urls = config.addresses.map((address) => address.replace(/\/+$/, ''));
  const query = config.query ?? urls[0]!;
  const client = new VictoriaMetricsClient(config);
  const figures = register(registry);
  const series = new SeriesBytes(urls.length, config.copies, {
    maxLabels: 30,
    maxNameLength: 256,
    maxValueLength: 1_024,
  });
  let settleMs = options.settleMs ?? 15_000;
  makeDirectory(directory);
  const ledger = new FrameLedger(directory, 'victoriametrics.db');
  const addresses = urls.map(
    (url, place) =>
      new Address({
        client,
        place,
        url,
        lives: config.storage.length > 0 ? config.storage : [url],
        requestSamples: config.requestSamples,
        requests: config.requests,
        unconfirmedBytes: config.unconfirmedBytes,
        settleMs: () => settleMs,
        now: () => clock.now(),
        mono: () => clock.mono(),
        random: options.random,
        sleep,
        log,
        figures: figures.of(url),
        onDoubt: (error) => {
          gate?.doubt(error);
          for (const address of addresses) address.giveBack(error);
        },
      }),
  );
  figures.watch(addresses);
  let gate: EngineGate | null = null;
  let watch: NodeJS.Timeout | null = null;
  try {
    gate = await EngineGate.open({
      part: 'metric store',
      engine: `VictoriaMetrics at ${urls.join(', ')}`,
      check: async () => {
        const checked = await checkVictoriaMetrics(client, addresses, query, retentionMs);
        series.limit(checked.limits);
        settleMs = options.settleMs ?? checked.settleMs;
      },
      health: options.health,
      log,
      timer: after,
    });
    const store = new VictoriaMetricsStore({
      gate,
      ledger,
      addresses,
      series,
      queries: new EngineQueries(client, query),
      clock,
      retentionMs,
      futureMs: FUTURE_MS,
      onRefused: options.onRefused,
      onWrite: figures.onWrite,
      countSeries: async () => {
        const { body, status } = await client.ask(`${query.replace(/\/+$/, '')}/api/v1/series/count`);
        return status === 200 ? ((JSON.parse(body.toString()) as { data: number[] }).data[0] ?? 0) : 0;
      },
      close: async () => {
        if (watch) clearInterval(watch);
        await client.close();
      },
    });
    const doors = await DoorJournal.open(
      {
        directory: join(directory, 'doors'),
        files: nodeFiles,
        now: () => clock.now(),
        crc32,
        timer: after,
        maxBytes: config.doorBytes,
        log,
        write: (frames) => store.bring(frames),
      },
      (id) => ledger.has(id),
    );
    store.attach(doors);
    registry
      .gauge('heliograph_core_metric_store_door_bytes', 'Bytes from doors that wait on our disk for the metric store')
      .collect(() => [[{}, doors.bytes]]);
    watch = watchOver(addresses, gate, options.lookMs ?? SECOND_MS);
    return store;
  } catch (error) {
    await gate?.close();
    ledger.close();
    await client.close();
    throw error;
  }
}

/** Looks at every address again and again; what one runs into is the gate's to tell, and it looks by itself while something is wrong. */
function watchOver(addresses: readonly Address[], gate: EngineGate, everyMs: number): NodeJS.Timeout {
  const looking = new Set<Address>();
  let turn = 0;
  return setInterval(() => {
    turn++;
    for (const address of addresses) {
      if (looking.has(address) || !gate.passed || (!address.busy && turn % IDLE_LOOKS !== 0)) continue;
      looking.add(address);
      address
        .look()
        .catch((error: unknown) =>
          gate.doubt(
            error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error),
          ),
        )
        .finally(() => looking.delete(address));
    }
  }, everyMs);
}

function after(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Resolves after `ms`, or when it is told to stop. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

function register(registry: Registry) {
  const name = (rest: string) => `heliograph_core_metric_store_${rest}`;
  const samples = registry.counter(name('samples_total'), 'Samples written since the start.');
  const repeated = registry.counter(name('repeated_samples_total'), 'Samples of frames that were there already.');
  const dropped = registry.counter(name('dropped_samples_total'), 'Samples refused, by reason.');
  const seconds = registry.histogram(name('write_seconds'), 'From the call to durable and visible.', LATENCY_BOUNDS);
  const requests = registry.counter(name('requests_total'), 'Requests that the engine answered with a success.');
  const sent = registry.counter(name('sent_samples_total'), 'Samples in these requests, by address.');
  const series = registry.counter(name('sent_series_total'), 'Entries of series in these requests, by address.');
  const bytes = registry.counter(name('sent_bytes_total'), 'Bytes of these requests, compressed, by address.');
  const resent = registry.counter(name('resent_bytes_total'), 'Bytes sent again because the engine was started anew.');
  const ignored = registry.counter(name('ignored_rows_total'), 'Rows the engine dropped behind a success, by reason.');
  return {
    onWrite(
      outcomes: readonly { written: number; repeated: number; dropped: Readonly<Record<string, number>> }[],
      ms: number,
    ) {
      seconds.observe({}, ms / 1_000);
      for (const outcome of outcomes) {
        samples.inc({}, outcome.written);
        if (outcome.repeated > 0) repeated.inc({}, outcome.repeated);
        for (const [reason, n] of Object.entries(outcome.dropped)) dropped.inc({ reason }, n);
      }
    },
    of: (address: string): AddressFigures => ({
      sent: (n, entries, size) => {
        requests.inc({ address });
        sent.inc({ address }, n);
        series.inc({ address }, entries);
        bytes.inc({ address }, size);
      },
      resent: (size) => resent.inc({ address }, size),
      ignored: (reason, rows) => ignored.inc({ address, reason }, rows),
    }),
    watch(addresses: readonly Address[]): void {
      registry
        .gauge(name('unconfirmed_bytes'), 'Bytes of requests that were answered and may not be on its disk yet.')
        .collect(() => addresses.map((address) => [{ address: address.url }, address.unconfirmedBytes] as const));
      registry
        .gauge(name('waiting_samples'), 'Samples that wait to be sent, by address.')
        .collect(() => addresses.map((address) => [{ address: address.url }, address.waitingSamples] as const));
    },
  };
}
