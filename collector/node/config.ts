import { z } from 'zod';
import { address, byteSize, duration } from '../../lib/config/duration.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { LOG_LEVELS } from '../../proto/desired.ts';
import { RESERVED_LABELS } from '../../proto/page.ts';
import { HOST_NAME } from '../../proto/topics.ts';

const MIB = 1024 * 1024;

/** The collector's configuration file. */
export const collectorConfig = z.strictObject({
  /** The common name of the certificate; it is taken from there if it is not given. */
  name: z.string().regex(HOST_NAME, 'letters, digits, dots, dashes and underscores').optional(),
  profile: z.string().default('server'),
  /** Tried in turn. */
  relays: z.array(address()).min(1),
  tls: z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() }),
  dataDir: z.string(),
  /** Where the machine's own files are seen: a container mounts the host's root somewhere. */
  root: z.string().default('/'),
  interval: duration().default(10_000),
  /** The collector's place in the interval; by default a place of its own, from its name. */
  phase: duration().optional(),
  /** Instants that share a frame: more is cheaper and later. */
  instantsPerFrame: z.int().min(1).max(256).default(1),
  /** Names of sources to leave out. */
  disabledSources: z.array(z.string()).default([]),
  networkFilesystems: z.boolean().default(false),
  labels: z
    .record(
      z.string().refine((name) => !RESERVED_LABELS.has(name), 'relay and core give this label: choose another name'),
      z.string(),
    )
    .default({ job: 'node' }),
  seriesLimit: z.int().min(1).default(2000),
  keepAlive: duration().default(30_000),
  statusInterval: duration().default(15_000),
  logs: z
    .array(
      z.strictObject({
        paths: z.array(z.string().startsWith('/', 'an absolute path or pattern')).min(1),
        service: z.string().min(1).max(200).optional(),
        /** The lowest level sent. */
        level: z.enum(LOG_LEVELS).default('info'),
      }),
    )
    .default([]),
  logLinger: duration().default(300),
  logBatchBytes: byteSize().default(512 * 1024),
  logPoll: duration().default(250),
  spool: z
    .strictObject({
      maxBytes: byteSize().default(256 * MIB),
      segmentBytes: byteSize().default(4 * MIB),
      linger: duration().default(5),
      mode: z.enum(['disk', 'memory']).default('disk'),
      /** Frames older than this are given up, by class. */
      maxAge: z.partialRecord(z.enum(DATA_CLASSES), duration()).optional(),
    })
    .prefault({}),
  window: z
    .strictObject({
      frames: z.int().min(1).max(64).default(16),
      bytes: byteSize().default(256 * 1024),
      backfillShare: z.number().min(0.05).max(1).default(0.5),
      stale: duration().default(30_000),
    })
    .prefault({}),
  reconnect: z
    .strictObject({
      base: duration().default(1000),
      cap: duration().default(60_000),
      provenAfter: duration().default(30_000),
    })
    .prefault({}),
  /** How long a closing collector tries to get out what waits. */
  closeWait: duration().default(2000),
});

export type CollectorConfig = z.infer<typeof collectorConfig>;
export type CollectorConfigInput = z.input<typeof collectorConfig>;
