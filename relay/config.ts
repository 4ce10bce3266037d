import { z } from 'zod';
import { receiverSetting } from '../lib/alerts/http-receiver.ts';
import { address, byteSize, duration } from '../lib/config/duration.ts';
import { cardinalityConfig } from '../lib/limits/config.ts';
import { watchConfig } from '../lib/watch/config.ts';
import { HOST_NAME } from '../proto/topics.ts';
import { DEFINITION_SEGMENT_BYTES } from './definition-segment.ts';
import { doorsConfig } from './doors/config.ts';
import { MOST_WORKERS } from './most-workers.ts';
import { relabelSetting } from './shape/relabel-setting.ts';

const MOST_BLOCK_BYTES = 4 * 1024 * 1024;
const LEAST_WRITING_BYTES = 1024 * 1024;
/** Four segments of the definitions' journal: with less it could not move what is in use out of an old one. */
const LEAST_DEFINITION_BYTES = 4 * DEFINITION_SEGMENT_BYTES;

const fields = z.strictObject({
  /** The relay's name: its certificate's common name, and the host name of its own events. */
  name: z.string().regex(HOST_NAME, 'use letters, digits, ".", "_" and "-", at most 128'),
  /** The region or place; the core adds it to every series as `site`. */
  site: z.string().default('default'),
  /** How many processes take collectors in, on one port: one a core for a big region. 1: this process alone. */
  workers: z.int().min(1).max(MOST_WORKERS).default(1),
  /** Where the journal, the definitions and the state live. */
  dataDir: z.string().min(1),
  /** Where collectors connect: MQTT 3.1.1 over mutual TLS. */
  mqtt: z
    .strictObject({
      /** Address and port of it; 8883 is the port that collectors and firewalls expect. */
      listen: address().prefault('0.0.0.0:8883'),
    })
    .prefault({}),
  /** MQTT over WebSocket, for sites where nothing but HTTPS gets out. Once this stands here, every port takes both in: the first byte behind TLS says which. */
  websocket: z
    .strictObject({
      /** One port more, such as 0.0.0.0:443. Left out: collectors come to mqtt.listen with it. */
      listen: address().optional(),
      /** The path on it that collectors ask for; another is refused. */
      path: z
        .string()
        .regex(/^\/[\w/.~-]*$/, 'a path such as /mqtt')
        .default('/mqtt'),
    })
    .optional(),
  /** The status page, /status.json, /metrics, /healthz, /ledger.json, /ranges.json. No log-in: keep it on loopback. */
  http: z
    .strictObject({
      /** Address and port of them. */
      listen: address().prefault('127.0.0.1:9472'),
    })
    .prefault({}),
  /** The certificate that the relay shows collectors and cores, and whom it lets in, in PEM files. */
  tls: z.strictObject({
    /** File of the authority that the certificates of collectors and cores are of; nobody else is let in. */
    ca: z.string(),
    /** File of the relay's own certificate, of role relay; its common name is `name`. */
    cert: z.string(),
    /** File of that certificate's key. */
    key: z.string(),
    /** Deny list: one serial number (hex) a line. Read again when it changes. */
    revoked: z.string().optional(),
    /** How often certificates and the deny list are looked at for changes. */
    check: duration().prefault('2s'),
  }),
  /** Cores, tried in this order; the next one when one fails. */
  cores: z.array(address()).min(1),
  /** Where frames wait on disk until a core has them: a collector hears that its frame was taken once it is here. */
  journal: z
    .strictObject({
      /** Most bytes of it. Beyond, the oldest of what matters least goes first (debug lines, then lines, then metrics), counted as dropped; errors and alerts stay, and collectors keep new ones. Size it for the longest outage of the cores. */
      maxBytes: byteSize().prefault('4GiB'),
      /** Size of one of its files: room is made by whole files. At most a quarter of `maxBytes`, shared by the workers. */
      segmentBytes: byteSize().prefault('32MiB'),
      /** How long a group commit waits for more frames. Each PUBACK is later by as much, and each commit costs CPU. */
      linger: duration().prefault('10ms'),
      /** Metrics and lines that are older and that no core has yet are dropped, and counted; errors and alerts stay until a core has them. */
      maxAge: duration().prefault('7d'),
    })
    .refine(({ maxBytes, segmentBytes }) => segmentBytes >= 4096 && segmentBytes <= maxBytes / 4, {
      message: 'segmentBytes is 4 KiB at least, and a quarter of maxBytes at most: room is made by whole segments',
      path: ['segmentBytes'],
    })
    .prefault({}),
  /** How frames go on to the core, in blocks: new ones in a live lane, older ones beside them in a backfill lane. */
  forward: z
    .strictObject({
      /** Most bytes of frames in a block, which is one message to the core. */
      blockBytes: byteSize()
        .refine((bytes) => bytes <= MOST_BLOCK_BYTES, 'at most 4 MiB: a block is one message to the core')
        .prefault('768KiB'),
      /** How long the live lane waits for a block to fill. */
      linger: duration().prefault('100ms'),
      /** Bytes that the core has not acknowledged, for each class and lane but metrics. More is faster over a long line, and more memory. */
      window: byteSize().prefault('8MiB'),
      /** The same for metrics: their blocks wait some 15 s until the store has them on disk, so it is larger. */
      metricWindow: byteSize().prefault('48MiB'),
      /** A live lane this far behind hands what it has to the backfill lane and goes on with the newest. */
      lag: duration().prefault('10s'),
      /** Bytes of dead letters kept; beyond, they are counted only. */
      deadLetterBytes: byteSize().prefault('256MiB'),
    })
    .prefault({}),
  /** What collectors may have of this relay at most. */
  limits: z
    .strictObject({
      /** Bytes of frames of one connection that wait unacknowledged, for a definition or for room in the journal; beyond, it is ended, and its collector sends them again later. */
      heldBytes: byteSize().prefault('4MiB'),
      /** The same of all connections together. */
      heldBytesTotal: byteSize().prefault('256MiB'),
      /** Bytes of all connections on their way to the disk; beyond, nobody is read further until it has caught up. */
      writingBytes: byteSize()
        .refine((bytes) => bytes >= LEAST_WRITING_BYTES, 'at least 1 MiB: a frame must fit in, and its neighbours')
        .prefault('64MiB'),
      /** Bytes of the definitions (names and labels of series) of one host; beyond, new ones are not taken (HG_RELAY_QUOTA), and frames that name them wait. */
      definitionBytes: byteSize().prefault('16MiB'),
      /** How many definitions one host may have. HG_RELAY_QUOTA says that it wants more: it has labels whose values change all the time. */
      definitions: z.int().min(1).default(8192),
      /** Disk for the definitions of all hosts; beyond, frames that need new ones wait unacknowledged. */
      definitionBytesTotal: byteSize()
        .refine((bytes) => bytes >= LEAST_DEFINITION_BYTES, 'at least 32 MiB: four segments')
        .prefault('2GiB'),
      /** Hosts connected at once, each about 85 KiB of memory; further ones are told to come back later. MemoryMax and LimitNOFILE of the unit go with it. */
      connections: z.int().min(1).default(10_000),
      /** New TLS handshakes a second to begin with. While some wait, more are admitted as long as the relay keeps up, and fewer when its event loop is late. */
      handshakesPerSecond: z.number().min(1).default(400),
      /** The rate never falls below this, however late the event loop is. */
      leastHandshakesPerSecond: z.number().min(1).default(100),
      /** The rate never rises above this, however well the relay keeps up. */
      mostHandshakesPerSecond: z.number().min(1).default(5000),
      /** How late the event loop may be on average before fewer handshakes are admitted: what connected hosts wait for passes through it. */
      loopDelay: duration().prefault('150ms'),
      /** How many handshakes may come at once. */
      handshakeBurst: z.int().min(1).default(50),
      /** The longest keep-alive a collector may ask for. */
      keepAlive: duration().prefault('5m'),
    })
    .refine(
      ({ leastHandshakesPerSecond: least, handshakesPerSecond: start, mostHandshakesPerSecond: most }) =>
        least <= start && start <= most,
      {
        message: 'lies between leastHandshakesPerSecond and mostHandshakesPerSecond: change these with it',
        path: ['handshakesPerSecond'],
      },
    )
    .prefault({}),
  /** Roll-ups: what the relay computes of metrics that pass. Without this section none, and nothing is spent on it. */
  rollups: z
    .strictObject({
      /** The file of rules. Read again when it changes; where it is not good, the rules before stay. */
      rules: z.string().min(1),
      /** Series that all rules together may remember, some 130 bytes each; samples of further ones are counted and not rolled up. */
      maxSeries: z.int().min(1).default(1_000_000),
      /** Sets of labels that all rules together may have left. */
      maxGroups: z.int().min(1).default(200_000),
      /** No window is closed so soon after a start: hosts come back first with what they kept meanwhile. */
      restartGrace: duration().prefault('1m'),
      /** How often the state is written down: what came since is read again after a crash. */
      snapshotEvery: duration().prefault('30s'),
    })
    .optional(),
  /** Which series are counted, and how many may go on. Without this section all go on uncounted, and nothing is spent on it. */
  cardinality: cardinalityConfig.optional(),
  /** Rules in Prometheus' relabel form for all series that pass, as a list, or `{rules: file}`; a file is read again when it changes, and where it is not good the rules before stay. */
  relabel: relabelSetting('metrics').optional(),
  /** The same for lines, by their ECS fields. */
  relabelLogs: relabelSetting('logs').optional(),
  /** Doors for what is no collector. Without this section none, and nothing is spent on it. Where there are several workers, the first has them. */
  doors: doorsConfig.optional(),
  /** Alerting rules evaluated here, which go on without a core. Without this section none, and nothing is spent on it. Where there are several workers, the first evaluates them for all. */
  rules: z
    .strictObject({
      /** The file of rules, in Prometheus' form. Read again when it changes; where it is not good, the rules before stay. */
      file: z.string().min(1),
      /** How often rules are evaluated whose group says nothing else. */
      evaluateEvery: duration().prefault('15s'),
      /** How long a sample is its series' value where no newer one came. */
      lookback: duration().prefault('5m'),
      /** No rule is evaluated so soon after a start: hosts have to come back first. */
      restartGrace: duration().prefault('1m'),
      /** Series that all rules together may hold; samples of further ones are counted and not seen by rules. */
      maxSeries: z.int().min(1).default(100_000),
      /** Hosts that should be connected here: heliograph_host_up of them is 0 though they never came. */
      expectHosts: z
        .array(z.string().regex(HOST_NAME, 'use letters, digits, ".", "_" and "-", at most 128'))
        .default([]),
      /** A host that was away for so long is known no more, and its alerts end. */
      forgetHosts: duration().prefault('7d'),
      /** Whom the relay notifies when the core cannot be reached. Without receivers nobody; the core hears of every alert anyway. */
      notify: z
        .strictObject({
          /** How long the core may be silent before. */
          after: duration().prefault('30s'),
          /** URLs that get Alertmanager's webhook form. In place of a URL: {url, authorizationFile, ca}, with a file that has the header's value (`Bearer abc`), and one with the authorities of its certificate. */
          webhooks: z.array(receiverSetting('https://hooks.example/alerts')).default([]),
          /** Addresses of Alertmanagers, without /api/v2/alerts, as those of webhooks; all of them get every alert. */
          alertmanagers: z.array(receiverSetting('http://alertmanager.example:9093')).default([]),
        })
        .prefault({}),
    })
    .optional(),
  /** Watches that are told what the relay counts, over mutual TLS with its own certificate. Without this section none. */
  watch: watchConfig.optional(),
  /** A collector's clock further away than this is told by an event. */
  clockSkew: duration().prefault('30s'),
  /** How long after its number fell below the floor a frame may still arrive or be declared before it is called lost. */
  lossGrace: duration().prefault('15s'),
});

/** The relay's configuration file. Everything but the name, the folder, the certificates and the cores has a default. */
export const relayConfig = fields
  .refine(({ mqtt, websocket }) => !isSame(mqtt.listen, websocket?.listen), {
    message: 'is mqtt.listen, which takes WebSocket in anyway: leave it out',
    path: ['websocket', 'listen'],
  })
  .refine(({ workers, journal }) => workers === 1 || journal.segmentBytes <= journal.maxBytes / workers / 4, {
    message: 'segmentBytes is a quarter of maxBytes / workers at most: each worker has its share of the room',
    path: ['journal', 'segmentBytes'],
  })
  .refine(({ workers, limits }) => workers === 1 || limits.writingBytes >= workers * LEAST_WRITING_BYTES, {
    message: 'at least 1 MiB for each of the workers',
    path: ['limits', 'writingBytes'],
  })
  .refine(({ workers, limits }) => workers === 1 || limits.definitionBytesTotal >= workers * LEAST_DEFINITION_BYTES, {
    message: 'at least 32 MiB for each of the workers',
    path: ['limits', 'definitionBytesTotal'],
  });

export type RelayConfig = z.output<typeof relayConfig>;

interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Port 0 is another one each time. */
function isSame(one: Listen, other: Listen | undefined): boolean {
  return one.port !== 0 && one.port === other?.port && one.host === other.host;
}
