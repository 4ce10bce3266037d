import { z } from 'zod';
import { byteSize, duration } from '../../lib/config/duration.ts';
import { logRoutes } from '../../lib/log-lines/route-schema.ts';
import { maskConfig } from '../../lib/mask/mask-schema.ts';
import { relabelRules } from '../../lib/relabel/schema.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { LOG_LEVELS } from '../../proto/desired.ts';
import { RESERVED_LABELS } from '../../proto/page.ts';
import { HOST_NAME } from '../../proto/topics.ts';
import { applicationsConfig } from './applications-config.ts';
import { coreShare } from './core-share.ts';
import { containersConfig } from './logs/containers-config.ts';
import { journaldConfig } from './logs/journald-config.ts';
import { kernelLogConfig } from './logs/kernel-log-config.ts';
import { multilineConfig } from './logs/multiline-config.ts';
import { collectorSyslogConfig } from './logs/syslog-config.ts';
import { processGroups } from './process-groups-schema.ts';
import { proxySetting } from './proxy-setting.ts';
import { relayList } from './relay-address.ts';
import { snmpConfig } from './snmp/config.ts';

/** The collector's configuration file. */
export const collectorConfig = z.strictObject({
  /** The common name of the certificate; it is taken from there if it is not given. */
  name: z.string().regex(HOST_NAME, 'letters, digits, dots, dashes and underscores').optional(),
  /** The hardware profile: one of hardware-profiles/, or the path of a file like those. It says what this file leaves out. Left out: found out by looking at the machine; docs/hardware-profiles.md. */
  profile: z.string().min(1).optional(),
  /** Each an address, or {address, weight, tier}: relay.example:8883, or wss://relay.example/mqtt for MQTT over WebSocket, on port 443 unless one is given. Of the lowest tier (1 unless given) that can be reached, each host has an order of its own, by weight (1 unless given); docs/operations.md. */
  relays: relayList(),
  /** A host that is not at its first relay tries to go back there after this and up to as long again; later each time that fails. 0s: never. */
  homecoming: duration().prefault('10m'),
  /** The HTTP proxy that relays are reached through, such as http://user:secret@proxy.example:3128, or none. Left out: HTTPS_PROXY and NO_PROXY of the environment say. */
  proxy: proxySetting().optional(),
  tls: z.strictObject({ ca: z.string(), cert: z.string(), key: z.string() }),
  dataDir: z.string(),
  /** Where the machine's own files are seen: a container mounts the host's root somewhere. */
  root: z.string().default('/'),
  interval: duration().prefault('10s'),
  /** The collector's place in the interval; by default a place of its own, from its name. */
  phase: duration().optional(),
  /** Instants that share a frame: more is cheaper and later. */
  instantsPerFrame: z.int().min(1).max(256).default(1),
  /** Names of sources to leave out. */
  disabledSources: z.array(z.string()).default([]),
  networkFilesystems: z.boolean().default(false),
  /** Figures of systemd's units and of containers (cgroup v2), with the names that cAdvisor gives them; docs/host-metrics.md. */
  units: z
    .strictObject({
      /** Which, by their names; `*` is any text. */
      match: z.array(z.string().min(1)).min(1).default(['*.service', '*.scope', '*.slice']),
      /** How many at most: each has about 25 series, and `seriesLimit` counts them. What is left out is counted. */
      most: z.int().min(1).max(5000).default(50),
    })
    .optional(),
  /** Processes by group, with the names that process-exporter gives them; docs/host-metrics.md. */
  processes: processGroups().optional(),
  /** Files in Prometheus' text format that programs of this host write, such as /var/lib/node_exporter/*.prom; docs/host-metrics.md. */
  textfiles: z.array(z.string().startsWith('/', 'an absolute path or pattern')).default([]),
  labels: z
    .record(
      z.string().refine((name) => !RESERVED_LABELS.has(name), 'relay and core give this label: choose another name'),
      z.string(),
    )
    .default({ job: 'node' }),
  /** What is done to series before they are sent, in Prometheus' form; docs/relabel.md. */
  relabel: relabelRules('metrics').default([]),
  seriesLimit: z.int().min(1).default(2000),
  /** Most series of all that is pushed to the collector or polled by it: applications, devices. */
  pushedSeriesLimit: z.int().min(1).default(20_000),
  /** What applications of this host give to the collector; docs/applications.md. */
  applications: applicationsConfig(),
  keepAlive: duration().prefault('30s'),
  statusInterval: duration().prefault('15s'),
  logs: z
    .array(
      z.strictObject({
        paths: z.array(z.string().startsWith('/', 'an absolute path or pattern')).min(1),
        service: z.string().min(1).max(200).optional(),
        /** The lowest level sent. */
        level: z.enum(LOG_LEVELS).default('info'),
        /** `container`: what a container runtime writes (Docker's json-file, or CRI), joined and attributed to its container; docs/log-files.md. */
        format: z.enum(['lines', 'container']).default('lines'),
        /** Records of several lines, such as stack traces: a preset's name, or more; docs/log-files.md. */
        multiline: multilineConfig.optional(),
      }),
    )
    .default([]),
  /** The logs of this machine's containers, each line with its container, pod and service; `{}` for the usual places. docs/log-files.md. */
  containers: containersConfig.optional(),
  /** Syslog of the gear around this machine: UDP, TCP and TLS; docs/log-files.md. */
  syslog: collectorSyslogConfig.optional(),
  /** systemd's journal, read from its files; `{}` for all of it from info on. docs/journald.md. */
  journald: journaldConfig.optional(),
  /** The kernel's messages, from /dev/kmsg; it wants root or the capability CAP_SYSLOG. docs/journald.md. */
  kernelLog: kernelLogConfig.optional(),
  /** Which secrets are covered in lines before they are written anywhere; docs/masking.md. */
  mask: maskConfig(),
  /** Of lines, on their ECS fields; in the form of `relabel`. */
  relabelLogs: relabelRules('logs').default([]),
  /** What share of the lines of which services and levels is sent; the first route that fits is taken. docs/log-routes.md. */
  logRoutes: logRoutes().default([]),
  /** Network gear that is polled over SNMP, and its traps; docs/snmp.md. */
  snmp: snmpConfig().optional(),
  /** Where programs of this machine find the level that is wanted of them, so that they also produce what they would not; docs/levels.md. */
  levels: z
    .strictObject({
      /** Such as /run/heliograph/levels.json; it is there while the collector runs. */
      file: z.string().startsWith('/', 'an absolute path').optional(),
      /** A Unix socket, such as /run/heliograph/levels.sock. */
      socket: z
        .string()
        .startsWith('/', 'an absolute path')
        .max(100, 'a longer path is no address of a socket')
        .optional(),
      /** Services that the file tells of where a level is wanted by pattern, beside those of `logs`. */
      services: z.array(z.string().min(1).max(200)).default([]),
    })
    .optional(),
  logLinger: duration().prefault('300ms'),
  logBatchBytes: byteSize().prefault('512KiB'),
  logPoll: duration().prefault('250ms'),
  spool: z
    .strictObject({
      maxBytes: byteSize().prefault('256MiB'),
      segmentBytes: byteSize().prefault('4MiB'),
      linger: duration().prefault('5ms'),
      mode: z.enum(['disk', 'memory']).default('disk'),
      /** Frames older than this are given up, by class. */
      maxAge: z.partialRecord(z.enum(DATA_CLASSES), duration()).optional(),
    })
    .prefault({}),
  window: z
    .strictObject({
      frames: z.int().min(1).max(64).default(16),
      bytes: byteSize().prefault('256KiB'),
      backfillShare: z.number().min(0.05).max(1).default(0.5),
      stale: duration().prefault('30s'),
    })
    .prefault({}),
  reconnect: z
    .strictObject({
      /** A wait after a failure is anything below a ceiling: this at first, and twice as much with each further failure. */
      base: duration().prefault('1s'),
      /** No ceiling is higher; where a relay refuses a connection before TLS, none is higher than 8 s. */
      cap: duration().prefault('60s'),
      provenAfter: duration().prefault('30s'),
    })
    .prefault({}),
  /** What it may take of its host; a hardware profile has these. Where they are not kept, lines are left out by level (never errors), and then metrics are collected less often; docs/caps.md. */
  caps: z
    .strictObject({
      /** Of one processor core, as 25%; files are read on only as fast as this allows. */
      cpu: coreShare().optional(),
      /** Resident memory. */
      memory: byteSize().optional(),
      /** Written to disk in a day, where the spool's mode is memory. */
      flashWritesPerDay: byteSize().optional(),
    })
    .prefault({}),
  /** How long a closing collector tries to get out what waits. */
  closeWait: duration().prefault('2s'),
});

export type CollectorConfig = z.infer<typeof collectorConfig>;
export type CollectorConfigInput = z.input<typeof collectorConfig>;
