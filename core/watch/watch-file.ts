import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { address, byteSize, duration } from '../../lib/config/duration.ts';
import { isLoopback } from '../../lib/config/loopback.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import { alertsConfig } from '../alerts/config.ts';
import { type CoreConfig, coreConfig } from '../config.ts';
import { tlsFiles } from '../tls-files.ts';
import { coreWatchConfig } from './config.ts';

/** The configuration of a watch: one YAML file. */
const fields = z.strictObject({
  /** Stands in its log and as the label `instance` of what it tells another watch. */
  name: z.string().regex(HOST_NAME, 'use letters, digits, ".", "_" and "-"').default('watch'),
  /** Folder of everything this watch keeps. Not on the machine, and not on the disk, of what it watches. */
  dataDir: z.string().min(1),
  /** Where cores and relays tell it how they are (their `watch.to`): HTTPS, with the certificates that they have. */
  listen: address().prefault('0.0.0.0:9480'),
  /** A certificate of role core, of the authority that made those of the tiers. */
  tls: tlsFiles,
  /** The page, the API and its own /metrics. No log-in: for this machine only. */
  http: z
    .strictObject({
      /** Address and port of them, on loopback. */
      listen: address()
        .refine(({ host }) => isLoopback(host), { message: 'write a loopback address such as 127.0.0.1:9481' })
        .prefault('127.0.0.1:9481'),
      /** Further names a browser may use for this address. */
      hosts: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  /** As of a core. `tiers.expect` has the cores and relays that must be heard; `rules.files` unless stated the rules that come with Heliograph, deploy/watch/rules.yaml. */
  alerts: alertsConfig.prefault({}),
  /** Another watch that this one tells how it is, and misses. */
  watch: coreWatchConfig.optional(),
  /** How long, and how much of, what the tiers tell is kept. */
  retention: z
    .strictObject({
      /** How long the tiers' figures are kept. */
      metrics: duration().prefault('3d'),
      /** The most that they take. */
      metricBytes: byteSize().prefault('1GiB'),
    })
    .prefault({}),
});

export const watchFile = fields.refine(({ alerts }) => alerts.tiers.expect.length > 0, {
  message: 'write the names of the cores and relays that must be heard, such as [core-1, relay-1]',
  path: ['alerts', 'tiers', 'expect'],
});

export type WatchFile = z.output<typeof watchFile>;

/** What it looks after unless `alerts.rules.files` says otherwise. */
const OWN_RULES = fileURLToPath(new URL('../../deploy/watch/rules.yaml', import.meta.url));
/** Lines are none of a watch's; what little it writes there is its own. */
const LOG_MS = 86_400_000;
const BUS_BYTES = 64 << 20;

/** A watch is a core of its own to which no relay connects: metric store, doors, alerts, page. */
export function watchAsCore(file: WatchFile): CoreConfig {
  const { name, dataDir, listen, tls, http, alerts, watch, retention } = file;
  // What is not said here is as in any core.
  const core = coreConfig.parse({ dataDir, tls, ingest: { listen: false } });
  const files = alerts.rules.files.length > 0 ? alerts.rules.files : [OWN_RULES];
  return {
    ...{ ...core, name, dataDir, tls, http, watch },
    alerts: { ...alerts, rules: { ...alerts.rules, files } },
    push: { ...core.push, listen, tls },
    retention: { ...core.retention, metrics: retention.metrics, metricBytes: retention.metricBytes, logs: LOG_MS },
    limits: { ...core.limits, busBytes: BUS_BYTES },
  };
}
