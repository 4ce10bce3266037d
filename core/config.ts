import { z } from 'zod';
import { address, byteSize, duration } from '../lib/config/duration.ts';
import { isLoopback } from '../lib/config/loopback.ts';
import { cardinalityConfig } from '../lib/limits/config.ts';
import { maskConfig } from '../lib/mask/mask-schema.ts';
import { HOST_NAME } from '../proto/topics.ts';
import { alertsConfig } from './alerts/config.ts';
import { kafkaConfig } from './engines/kafka/config.ts';
import { openSearchConfig } from './engines/opensearch/config.ts';
import { s3Config } from './engines/s3/config.ts';
import { victoriaMetricsConfig } from './engines/victoriametrics/config.ts';
import { indexerConfig } from './indexer/pipeline/config.ts';
import { peersConfig, rolesConfig, splitProblems } from './roles.ts';
import { rollupsConfig } from './rollup/config.ts';
import { tlsFiles } from './tls-files.ts';
import { coreWatchConfig } from './watch/config.ts';

const loopbackAddress = () =>
  address().refine((value) => isLoopback(value.host), {
    message:
      'write a loopback address such as 127.0.0.1:9470: there is no log-in yet, so nobody else may reach the API; put a proxy that asks for one in front',
  });

/** The configuration of a core: one YAML file. Durations and sizes come out in ms and bytes. */
const coreShape = z.strictObject({
  /** Stands in logs, in the ledger and in the relays' view. */
  name: z.string().regex(HOST_NAME, 'use letters, digits, ".", "_" and "-"').default('core'),
  /** What this process does: gateway, indexer, alerts, console; all of it unless stated. `--roles` on the command line goes before. */
  roles: rolesConfig,
  /** The other processes of this core, where its roles are split. */
  peers: peersConfig.prefault({}),
  /** Folder of everything this core keeps. */
  dataDir: z.string().min(1),
  /** Where relays connect: gRPC over mutual TLS. `false`: no relay connects here, as to a watch. */
  ingest: z
    .strictObject({
      /** Address and port of it, as the relays' `cores` name it; or `false`. */
      listen: z.union([z.literal(false), address()]).prefault('0.0.0.0:9471'),
    })
    .prefault({}),
  /** The certificate that this core shows relays, peers and watches, and whom it lets in, in PEM files. */
  tls: tlsFiles,
  /** The page, the API and /metrics. No log-in: for this machine only, or for a proxy on it that asks for one. */
  http: z
    .strictObject({
      /** Address and port of them, on loopback. */
      listen: loopbackAddress().prefault('127.0.0.1:9470'),
      /** Further names a browser may use for this address; others are refused (DNS rebinding). */
      hosts: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  /** Which series that come by the doors are counted, and how many may go on. Without this section all that push.limits lets through. */
  cardinality: cardinalityConfig.optional(),
  /** The doors for what others send: OTLP, remote write, /v1/ingest. They stand on the API's address too, for this machine. */
  push: z
    .strictObject({
      /** Where other machines reach the HTTP doors, and only the doors; anything but loopback speaks TLS and wants a token or a certificate. */
      listen: address().optional(),
      /** The same for the doors that speak gRPC; without it there are none. */
      grpc: address().optional(),
      /** Certificates for the doors, where they are others than those for relays. */
      tls: tlsFiles.optional(),
      /** The label `site` of what comes by doors; none unless stated. */
      site: z.string().max(128).default(''),
      /** Which secrets are covered in lines, fields and label values before anything is stored. */
      mask: maskConfig(),
      /** What clients may have of the doors at most. */
      limits: z
        .strictObject({
          /** Bytes of a body as it comes; a larger one is refused. */
          bodyBytes: byteSize().prefault('8MiB'),
          /** Bytes of a body unpacked; a larger one is refused. */
          unpackedBytes: byteSize().prefault('64MiB'),
          /** Bodies of all clients, packed and unpacked, that may be worked on at once; each client has at most three times what is free of it. */
          waitingBytes: byteSize().prefault('256MiB'),
          /** Requests a second of each client; what is above is told to come back later (HG_DOOR_RATE). */
          requestsPerSecond: z.number().positive().default(200),
          /** Requests that a client may make at once after it was quiet, before `requestsPerSecond` holds it back. */
          burst: z.number().int().positive().default(400),
          /** Different series of a client within the hour. */
          seriesPerClient: z.number().int().positive().default(200_000),
          /** Levels of nesting in a JSON body; one that is deeper is refused (HG_DOOR_DEPTH). */
          jsonDepth: z.number().int().positive().default(32),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Where samples are kept; the section of the engine says where it is. */
  metrics: z.enum(['embedded', 'victoriametrics']).default('embedded'),
  /** Where `metrics` is victoriametrics: which, and how it is spoken to; docs/engines.md. */
  victoriametrics: victoriaMetricsConfig.prefault({}),
  /** What stands between taking lines and storing them: a journal on this machine, or Kafka. */
  bus: z.enum(['embedded', 'kafka']).default('embedded'),
  /** Where `bus` is kafka: which, and how it is spoken to; docs/engines.md. */
  kafka: kafkaConfig.prefault({}),
  /** Where log lines are kept; the section of the engine says where it is. */
  logs: z.enum(['embedded', 'opensearch']).default('embedded'),
  /** Where `logs` is opensearch: which, and how it is spoken to; docs/engines.md. */
  opensearch: openSearchConfig.prefault({}),
  /** What becomes of a line before it is stored: parsing, enrichment, filters; docs/log-pipeline.md. */
  indexer: indexerConfig,
  /** Where dead letters are kept: a folder of the core, or S3. */
  objects: z.enum(['folder', 's3']).default('folder'),
  /** Where `objects` is s3: which bucket, and how it is reached. */
  s3: s3Config.prefault({}),
  /** Windows of roll-ups that relays leave to the core. */
  rollups: rollupsConfig.prefault({}),
  /** Who is told of what. */
  alerts: alertsConfig.prefault({}),
  /** Watches in other places, which raise the alarm when this core is gone; and it raises it when one of them is. Without this section none. */
  watch: coreWatchConfig.optional(),
  /** How long, and how much of, samples, lines and dead letters is kept. */
  retention: z
    .strictObject({
      /** Age at which samples are deleted; older ones are not taken in. VictoriaMetrics deletes by its own -retentionPeriod, which has to be this at least. */
      metrics: duration().prefault('30d'),
      /** Age at which lines are deleted; older ones are not taken in. */
      logs: duration().prefault('15d'),
      /** Dead letters that nobody replayed or purged: their bytes go, the ledger keeps counting them. */
      deadLetters: duration().prefault('30d'),
      /** Most bytes of the embedded metric store: beyond, its oldest days go, however young. Left out: age alone decides. */
      metricBytes: byteSize().optional(),
      /** Most bytes of the embedded log store: beyond, its oldest hours go, however young. Left out: age alone decides. */
      logBytes: byteSize().optional(),
      /** How often what is too old or too much is looked for and deleted. */
      every: duration().prefault('1m'),
    })
    .prefault({}),
  /** What one question of people and programs may cost. */
  query: z
    .strictObject({
      /** How long a query of metrics may take; a request may ask for less, not for more. */
      timeout: duration().prefault('30s'),
      /** Samples that a query may hold at once in the embedded store (HG_QUERY_LIMIT), rules' queries too. VictoriaMetrics has limits of its own. */
      maxSamples: z.number().int().positive().default(50_000_000),
      /** How long a sample is its series' value where no newer one came, rules' queries too. Longer than the longest interval of collection. */
      lookback: duration().prefault('5m'),
      /** Lines a search may ask for at once. */
      maxLines: z.number().int().positive().default(5000),
    })
    .prefault({}),
  /** What may wait in this core, and what it keeps of what it could not use. */
  limits: z
    .strictObject({
      /** Bytes of one class that wait here for the stores before relays are asked to slow down with it. */
      slowBytes: byteSize().prefault('16MiB'),
      /** The same before they are asked to stop, at four fifths of it; beyond it, blocks are refused for now. Relays keep what waits. */
      stopBytes: byteSize().prefault('64MiB'),
      /** Definitions in memory, some 3 KiB for each page of each host; what does not fit is read from disk for every frame. */
      definitionMemory: byteSize().prefault('128MiB'),
      /** Definitions on disk; beyond, the oldest go, and relays are asked for them again where they are needed. */
      definitionDisk: byteSize().prefault('512MiB'),
      /** How long a block waits for a definition it names before the frames that need it become dead letters. */
      definitionWait: duration().prefault('60s'),
      /** Bytes of dead letters, frames and lines, that are kept to look at and to replay; beyond, they are counted only. */
      deadLetterBytes: byteSize().prefault('1GiB'),
      /** Cap of the embedded bus: full pushes back, nothing is dropped. */
      busBytes: byteSize().prefault('8GiB'),
    })
    .prefault({}),
});

export const coreConfig = coreShape.superRefine((config, context) => {
  for (const { key, message } of splitProblems(config)) {
    context.addIssue({ code: 'custom', path: [key], message });
  }
});

export type CoreConfig = z.output<typeof coreConfig>;
