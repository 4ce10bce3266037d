import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { after } from '../lib/after.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import { nodeFiles } from '../lib/node-files.ts';
import type { Health } from './api/health.ts';
import { EmbeddedBus } from './bus/embedded.ts';
import type { CoreConfig } from './config.ts';
import { openOpenSearchLogStore } from './engines/opensearch/open.ts';
import type { RefusedSamples } from './engines/victoriametrics/job.ts';
import { GROUP } from './indexer/indexer.ts';
import { TOPICS } from './indexer/lines.ts';
import { openEmbeddedLogStore } from './logs/open.ts';
import { openEmbeddedMetricStore } from './metrics/open.ts';
import { FolderObjects } from './objects/folder.ts';
import type { Bus } from './ports/bus.ts';
import type { MetricFrame } from './ports/frames.ts';
import type { LogStore, RefusedLine } from './ports/log-store.ts';
import type { LaterDrop, MetricStore } from './ports/metric-store.ts';
import type { Objects } from './ports/objects.ts';
import type { Role } from './roles.ts';
import { MERGER, SKETCHES } from './rollup/inbox.ts';

/** What stands behind the ports. */
export interface Stores {
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly bus: Bus;
  readonly objects: Objects;
}

const DAY = 86_400_000;
const SILENT: StoreDeps['health'] = { well: () => undefined, ill: () => false, begin: () => undefined };
/** How long lines wait for company before they are committed, and so searchable. */
const LOG_COMMIT_MS = 250;

export interface StoreDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly health: Pick<Health, 'well' | 'ill' | 'begin'>;
  /** Keeps lines that the log store will not take; resolves when they are durable. */
  readonly onRefused: (lines: readonly RefusedLine[]) => Promise<void>;
  /** The same for series of the metric store. */
  readonly onRefusedSeries: (frame: MetricFrame, refused: RefusedSamples) => Promise<void>;
  /** Told when something that a door was answered for is not written after all. */
  readonly onLater?: (drop: LaterDrop) => void;
  /** Told of records that a bus of several processes has durably, at these offsets, from and to. */
  readonly onPut?: (topic: string, partition: number, from: number, to: number) => void;
  /** Told when a thread of a store ended by a fault. */
  readonly onDeath?: (error: Error) => void;
}

/**
 * Opens what the configuration puts behind each port; embedded stores lie in the core's folder: metrics/, logs/, bus/, objects/.
 * @throws HeliographError of the store that does not open
 */
export async function openStores(config: CoreConfig, deps: StoreDeps): Promise<Stores> {
  // What a part of a split core has no use for is opened all the same (it answers for itself when asked), and says nothing on /healthz.
  const has = (...roles: Role[]) => config.roles.some((role) => roles.includes(role));
  const unless = (needed: boolean) => (needed ? deps : { ...deps, health: SILENT });
  const opening = [
    openMetrics(config, unless(has('gateway', 'alerts', 'console'))),
    openLogs(config, unless(has('indexer', 'alerts', 'console'))),
    openBus(config, deps),
    openObjects(config, deps),
  ] as const;
  const opened = await Promise.allSettled(opening);
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed) {
    // Those that did open let go of their files before the reason is told.
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    throw failed.reason;
  }
  const [metrics, logs, bus, objects] = await Promise.all(opening);
  return { metrics, logs, bus, objects };
}

const bytes = (limit: number | undefined) => limit ?? Number.MAX_SAFE_INTEGER;

async function openMetrics(config: CoreConfig, deps: StoreDeps): Promise<MetricStore> {
  const { retention, dataDir } = config;
  if (config.metrics === 'victoriametrics') {
    const { openVictoriaMetricsStore } = await import('./engines/victoriametrics/open.ts');
    return openVictoriaMetricsStore({
      ...deps,
      config: config.victoriametrics,
      directory: join(dataDir, 'engines'),
      retentionMs: retention.metrics,
      random: Math.random,
      yearElsewhere: !config.roles.includes('console'),
      onRefused: deps.onRefusedSeries,
      ...(deps.onLater ? { onLater: deps.onLater } : {}),
    });
  }
  return openEmbeddedMetricStore({
    directory: join(dataDir, 'metrics'),
    retention: { days: retention.metrics / DAY, maxBytes: bytes(retention.metricBytes) },
    ...deps,
  });
}

function openLogs(config: CoreConfig, deps: StoreDeps): Promise<LogStore> {
  const { retention, dataDir } = config;
  if (config.logs === 'opensearch') {
    return openOpenSearchLogStore({
      ...deps,
      config: config.opensearch,
      directory: join(dataDir, 'engines'),
      retentionMs: retention.logs,
      random: Math.random,
    });
  }
  return openEmbeddedLogStore({
    directory: join(dataDir, 'logs'),
    retention: { days: retention.logs / DAY, maxBytes: bytes(retention.logBytes) },
    commitMs: LOG_COMMIT_MS,
    ...deps,
  });
}

async function openBus(config: CoreConfig, deps: StoreDeps): Promise<Bus> {
  const { log, clock, registry } = deps;
  const topics = Object.keys(TOPICS).map((name) => ({ name, groups: [GROUP] }));
  if (config.bus === 'kafka') {
    const { openKafkaBus } = await import('./engines/kafka/open.ts');
    // Gateways share what they merge. The embedded bus belongs to one, which needs none.
    const all = [...topics, { name: SKETCHES, groups: [MERGER] }];
    return openKafkaBus({ ...deps, config: config.kafka, topics: all });
  }
  const damaged = registry.counter(
    'heliograph_core_bus_damaged_bytes_total',
    'Bytes of the bus that could not be read',
  );
  return EmbeddedBus.open({
    directory: join(config.dataDir, 'bus'),
    files: nodeFiles,
    now: () => clock.now(),
    crc32,
    timer: after,
    topics,
    // Room is made by whole segments, and a topic that hardly moves keeps one: a small cap must not be eaten up by that.
    segmentBytes: Math.min(32 << 20, Math.floor(config.limits.busBytes / 16)),
    maxBytes: config.limits.busBytes,
    onDamage: (damage) => {
      damaged.inc({}, damage.bytes);
      log.warn('the bus skipped bytes that cannot be read', { ...damage });
    },
    onError: (error) =>
      log.error('a batch of the bus was not taken and comes again', { 'error.message': String(error) }),
  });
}

async function openObjects(config: CoreConfig, deps: StoreDeps): Promise<Objects> {
  if (config.objects === 'folder') return new FolderObjects(join(config.dataDir, 'objects'));
  // The client is large, and most cores have no use for it.
  const { openS3Objects } = await import('./engines/s3/open.ts');
  return openS3Objects({ ...deps, config: config.s3 });
}
