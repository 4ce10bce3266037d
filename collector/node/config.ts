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
  /** The certificate that this host shows its relays, in PEM files. */
  tls: z.strictObject({
    /** File of the authority that the relays' certificates are of; a relay with another one is not spoken to. */
    ca: z.string(),
    /** File of this host's own certificate, as `heliograph ca issue` makes it; its common name is the host's name. */
    cert: z.string(),
    /** File of that certificate's key; let nobody but the collector's user read it. */
    key: z.string(),
  }),
  /** Folder of what the collector keeps: the spool, the definitions, how far it has read. A relay that is away fills it up to `spool.maxBytes`. */
  dataDir: z.string(),
  /** Where the machine's own files are seen: a container mounts the host's root somewhere. */
  root: z.string().default('/'),
  /** How often figures of this host are collected. Shorter shows more and costs processor, bytes and disk in proportion. */
  interval: duration().prefault('10s'),
  /** The collector's place in the interval; by default a place of its own, from its name. */
  phase: duration().optional(),
  /** Instants that share a frame: more is cheaper and later. */
  instantsPerFrame: z.int().min(1).max(256).default(1),
  /** Names of sources to leave out. */
  disabledSources: z.array(z.string()).default([]),
  /** Whether the file systems that are mounted over the network (NFS, CIFS ...) are measured, too: a server that does not answer holds up the collector. */
  networkFilesystems: z.boolean().default(false),
  /** Figures of systemd's units and of containers (cgroup v2), with the names that cAdvisor gives them; docs/host-metrics.md. */
  units: z
    .strictObject({
      /** Names of the units and containers that are measured; `*` is any text. */
      match: z.array(z.string().min(1)).min(1).default(['*.service', '*.scope', '*.slice']),
      /** How many at most: each has about 25 series, and `seriesLimit` counts them. What is left out is counted. */
      most: z.int().min(1).max(5000).default(50),
    })
    .optional(),
  /** Processes by group, with the names that process-exporter gives them; docs/host-metrics.md. */
  processes: processGroups().optional(),
  /** Files in Prometheus' text format that programs of this host write, such as /var/lib/node_exporter/*.prom; docs/host-metrics.md. */
  textfiles: z.array(z.string().startsWith('/', 'an absolute path or pattern')).default([]),
  /** Labels of every series of this host, such as {job: node, team: shop}. They stand in place of the default: write `job`, too. */
  labels: z
    .record(
      z.string().refine((name) => !RESERVED_LABELS.has(name), 'relay and core give this label: choose another name'),
      z.string(),
    )
    .default({ job: 'node' }),
  /** What is done to series before they are sent, in Prometheus' form; docs/relabel.md. */
  relabel: relabelRules('metrics').default([]),
  /** Most series of the host's own figures; samples of further ones are left out, and counted by metric. Raise it where a machine has very many disks, interfaces or units. */
  seriesLimit: z.int().min(1).default(2000),
  /** Most series of all that is pushed to the collector or polled by it: applications, devices. */
  pushedSeriesLimit: z.int().min(1).default(20_000),
  /** What applications of this host give to the collector; docs/applications.md. */
  applications: applicationsConfig(),
  /** How long a connection may be quiet before the collector asks the relay for a sign of life (MQTT's keep alive, in whole seconds); the relay ends it after one and a half times that. Shorter finds a dead host or line sooner. */
  keepAlive: duration().prefault('30s'),
  /** How often the collector tells its relay how it is: what waits in the spool, what was acknowledged, what was dropped and why. */
  statusInterval: duration().prefault('15s'),
  /** Files of log lines that are followed through rotation, each line sent once; docs/log-files.md. */
  logs: z
    .array(
      z.strictObject({
        /** Absolute paths and patterns, such as /var/log/nginx/*.log; files that come later are found, too. */
        paths: z.array(z.string().startsWith('/', 'an absolute path or pattern')).min(1),
        /** The service that these lines are of. Left out: the file's name says it. */
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
  /** What is done to lines before they are sent, on their ECS fields, in the form of `relabel`; docs/relabel.md. */
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
  /** How long a line waits for others to share a frame. Longer is cheaper and later. */
  logLinger: duration().prefault('300ms'),
  /** Most bytes of log files that are taken up at a time, as 64KiB on a small device; no line is longer, and none longer than 256KiB: it is cut in pieces. */
  logBatchBytes: byteSize().prefault('512KiB'),
  /** How often log files are looked at for new lines. Longer costs less processor and is later. */
  logPoll: duration().prefault('250ms'),
  /** Where frames wait until a relay has them. */
  spool: z
    .strictObject({
      /** Most bytes that wait. Beyond, the oldest of what matters least goes first (debug lines, then lines, then metrics), counted as dropped; errors and alerts stay, and new ones wait to be taken in. Size it for the longest outage to be bridged. */
      maxBytes: byteSize().prefault('256MiB'),
      /** Size of one of its files: room is made by whole files. In mode memory also what is kept in memory before it is written to disk all the same. */
      segmentBytes: byteSize().prefault('4MiB'),
      /** How long a write to the disk (an fsync) waits for more frames to share it. 0ms: not at all. */
      linger: duration().prefault('5ms'),
      /** `disk`: a frame is on the disk before it is sent. `memory`: only what finds no room in memory, and all of it at a clean end; spares flash, and a crash loses what was not sent. */
      mode: z.enum(['disk', 'memory']).default('disk'),
      /** Frames older than this are given up, by class, such as {debug: 1h, log: 1d}, and counted. Left out: none for its age. */
      maxAge: z.partialRecord(z.enum(DATA_CLASSES), duration()).optional(),
    })
    .prefault({}),
  /** How much may be on its way to the relay, for each class of data by itself. */
  window: z
    .strictObject({
      /** Frames that are sent and not acknowledged yet. More is faster over a long line. */
      frames: z.int().min(1).max(64).default(16),
      /** Bytes that are sent and not acknowledged yet; one frame is always let through. */
      bytes: byteSize().prefault('256KiB'),
      /** The part of the window that data from before the connection may have at most, beside what is new, 0.05 to 1. More catches up sooner. */
      backfillShare: z.number().min(0.05).max(1).default(0.5),
      /** New data that could not be sent for so long waits in line with the older, so that what is newest goes first. */
      stale: duration().prefault('30s'),
    })
    .prefault({}),
  /** How long the collector waits before it connects again, at random, so that a fleet does not come back in one breath. */
  reconnect: z
    .strictObject({
      /** A wait after a failure is anything below a ceiling: this at first, and twice as much with each further failure. */
      base: duration().prefault('1s'),
      /** No ceiling is higher; where a relay refuses a connection before TLS, none is higher than 8 s. */
      cap: duration().prefault('60s'),
      /** A connection that lasted so long has proven itself: the next failure begins with `base` again. */
      provenAfter: duration().prefault('30s'),
    })
    .prefault({}),
  /** What it may take of its host; a hardware profile has these. Where they are not kept, lines are left out by level (never errors), and then metrics are collected less often; docs/caps.md. */
  caps: z
    .strictObject({
      /** Of one processor core, as 25%; files are read on only as fast as this allows. */
      cpu: coreShare().optional(),
      /** Resident memory of the collector. */
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
