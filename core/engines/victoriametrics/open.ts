import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { after } from '../../../lib/after.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { sleep } from '../../../lib/sleep.ts';
import type { Health } from '../../api/health.ts';
import { makeDirectory } from '../../disk/sync-directory.ts';
import type { MetricFrame } from '../../ports/frames.ts';
import type { LaterDrop } from '../../ports/metric-store.ts';
import { FrameLedger } from '../../seen/frame-ledger.ts';
import { OneATurn } from '../../workers/one-a-turn.ts';
import { EngineGate } from '../gate.ts';
import { Address } from './address.ts';
import { checkVictoriaMetrics } from './check.ts';
import { VictoriaMetricsClient } from './client.ts';
import type { VictoriaMetricsConfig } from './config.ts';
import { DoorJournal } from './door-journal.ts';
import { addressFigures, writeFigures } from './figures.ts';
import type { RefusedSamples } from './job.ts';
import { EngineQueries } from './queries.ts';
import { SeriesBytes } from './series-bytes.ts';
import { VictoriaMetricsStore } from './store.ts';
import { watchOver } from './watch.ts';
import { lapseYear } from './year/ledger.ts';
import { openYear, type Year } from './year/open.ts';

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
  /** Another process of the core computes the year's windows for the first time; this one only those into which it brings late samples. */
  readonly yearElsewhere?: boolean;
  /** Told when something that a door was answered for is not written after all. */
  readonly onLater?: (drop: LaterDrop) => void;
  readonly onRefused: (frame: MetricFrame, refused: RefusedSamples) => Promise<void>;
  /** How long after an answer samples are held to be on the engine's disk, ms, where it is not as the engine's flags ask for. */
  readonly settleMs?: number;
  /** How often the engine is looked at, ms; a second unless stated. */
  readonly lookMs?: number;
}

const SECOND_MS = 1_000;
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
  const figures = addressFigures(registry, 'heliograph_core_metric_store_');
  const series = new SeriesBytes(urls.length, config.copies, {
    maxLabels: 30,
    maxNameLength: 256,
    maxValueLength: 1_024,
  });
  let settleMs = options.settleMs ?? 15_000;
  makeDirectory(directory);
  const pieces = new OneATurn(setImmediate);
  const ledger = new FrameLedger(directory, 'victoriametrics.db');
  const addresses = urls.map(
    (url, place) =>
      new Address({
        client,
        place,
        url,
        lives: config.storage.length > 0 ? config.storage : [url],
        inserts: config.insert,
        requestSamples: config.requestSamples,
        requests: config.requests,
        unconfirmedBytes: config.unconfirmedBytes,
        settleMs: () => settleMs,
        now: () => clock.now(),
        mono: () => clock.mono(),
        random: options.random,
        sleep,
        breathe: () => pieces.next(),
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
  let year: Year | null = null;
  try {
    gate = await EngineGate.open({
      part: 'metric store',
      engine: `VictoriaMetrics at ${urls.join(', ')}`,
      check: async () => {
        const checked = await checkVictoriaMetrics(client, addresses, query, {
          retentionMs,
          key: 'retention.metrics',
          dedup: '1ms',
          otherwise: 'Without it a sample that is sent again counts twice, with more samples of one second are deleted',
        });
        series.limit(checked.limits);
        settleMs = options.settleMs ?? checked.settleMs;
      },
      health: options.health,
      log,
      timer: after,
    });
    const opened = gate;
    const queries = new EngineQueries(client, query);
    if (config.year === undefined) lapseYear(ledger.database);
    else {
      year = await openYear({
        ...options,
        config: config.year,
        firstElsewhere: options.yearElsewhere ?? false,
        full: {
          client,
          queries,
          address: query,
          ledger,
          retentionMs,
          ready: () => opened.passed,
          settleMs: () => settleMs,
        },
        lookMs: options.lookMs ?? SECOND_MS,
      });
    }
    const store = new VictoriaMetricsStore({
      gate,
      ledger,
      addresses,
      series,
      queries: year?.queries ?? queries,
      year: year?.ledger ?? null,
      clock,
      retentionMs,
      futureMs: FUTURE_MS,
      onRefused: options.onRefused,
      onLater: (drop) => options.onLater?.(drop),
      onWrite: writeFigures(registry),
      countSeries: async () => {
        const { body, status } = await client.ask(`${query.replace(/\/+$/, '')}/api/v1/series/count`);
        return status === 200 ? ((JSON.parse(body.toString()) as { data: number[] }).data[0] ?? 0) : 0;
      },
      close: async () => {
        await year?.close();
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
        onLost: (drop) => options.onLater?.(drop),
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
    await year?.close();
    await gate?.close();
    ledger.close();
    await client.close();
    throw error;
  }
}
