import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { DenyList } from '../../lib/certificates/deny-list.ts';
import { ServerCertificate } from '../../lib/certificates/server-certificate.ts';
import { isLoopback } from '../../lib/config/loopback.ts';
import type { HttpDoor } from '../../lib/doors/door.ts';
import { Doorkeeper } from '../../lib/doors/doorkeeper.ts';
import { addDoorRoutes } from '../../lib/doors/http-routes.ts';
import { doorServer, listenAt } from '../../lib/doors/http-server.ts';
import { LineIntake } from '../../lib/doors/line-intake.ts';
import { MetricIntake } from '../../lib/doors/metric-intake.ts';
import { Otlp } from '../../lib/doors/otlp.ts';
import { OtlpHttpDoor } from '../../lib/doors/otlp-http-door.ts';
import { RemoteWriteDoor } from '../../lib/doors/remote-write-door.ts';
import { UsedKeys } from '../../lib/doors/used-keys.ts';
import { Waiting } from '../../lib/doors/waiting.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import type { Logger } from '../../lib/log.ts';
import { MaskStage } from '../../lib/mask/mask.ts';
import { nodeMasks } from '../../lib/mask/node-masks.ts';
import type { Registry } from '../../lib/metrics.ts';
import { TokenList } from '../../lib/tokens/token-file.ts';
import type { DataClass } from '../../proto/class.ts';
import { type Boot, bootCounter, makeBoot } from '../../proto/hash.ts';
import type { SyslogPorts } from '../addresses.ts';
import type { RelayConfig } from '../config.ts';
import type { DefinitionStore } from '../definitions.ts';
import type { Pressure } from '../pressure.ts';
import type { Sequences } from '../sequences.ts';
import type { DoorsConfig } from './config.ts';
import { DoorIntake } from './intake.ts';
import { openSyslog } from './syslog/open.ts';

/** The file of tokens in a relay's folder. */
const TOKEN_FILE = 'tokens.json';
/** As the stores have it: a sample may be ahead of the clock by so much. */
const FUTURE_MS = 3_600_000;

export interface RelayDoorsOptions {
  /** With `doors`. */
  readonly config: RelayConfig;
  readonly journal: Journal;
  readonly definitions: DefinitionStore;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  readonly pressure: Pressure;
  /** Of this start of the relay. */
  readonly boot: Boot;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** The doors of a relay, while it is up. */
export interface RelayDoors {
  /** Where HTTP is served; 0 where it is not. */
  readonly http: number;
  readonly syslog: SyslogPorts | null;
  /** What other doors give their batches to. */
  readonly intake: DoorIntake;
  /** Looks at the certificate's files. Called now and then. */
  sweep(): void;
  close(): Promise<void>;
}

/**
 * Puts the doors together and opens them.
 * @throws HeliographError HG_PORT_TAKEN, HG_CERT_FILE
 */
export async function openRelayDoors(options: RelayDoorsOptions): Promise<RelayDoors> {
  const { config, log } = options;
  const doors = config.doors!;
  const intake = openIntake(options, doors);
  const { http } = doors;
  const certificate = http && !isOpen(http) ? new ServerCertificate(config.tls) : null;
  const app = http ? await doorServer(certificate, doors.limits.bodyBytes) : null;
  if (app) {
    addRoutes(app, options, doors, intake);
    await listenAt(app, http!.listen);
  }
  const closeHttp = async () => {
    app?.server.closeIdleConnections();
    await app?.close();
  };
  const times = { retentionMs: doors.maxAge, futureMs: FUTURE_MS };
  const syslog = doors.syslog
    ? await openSyslog({ ...options, config: doors.syslog, tls: config.tls, intake, times }).catch(async (error) => {
        await closeHttp();
        throw error;
      })
    : null;
  return {
    http: app ? (app.server.address() as AddressInfo).port : 0,
    syslog: syslog?.ports ?? null,
    intake,
    sweep: () => {
      syslog?.sweep();
      try {
        if (certificate?.refresh()) log.info('the doors have a new certificate', {});
      } catch (error) {
        // Half a renewal, or a broken one: the old one serves on.
        log.warn("the doors' certificate files changed and cannot be used", { error: String(error) });
      }
    },
    close: async () => {
      await syslog?.close();
      await closeHttp();
    },
  };
}

function openIntake(options: RelayDoorsOptions, { limits, maxAge, mask: secrets }: DoorsConfig): DoorIntake {
  const { config, boot, metrics } = options;
  const utf8 = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes).toString('utf8', from, to);
  const mask = new MaskStage({ utf8, utf8Bytes: (text) => Buffer.from(text) }, nodeMasks(secrets));
  metrics
    .gauge('heliograph_relay_door_masked', 'Secrets covered at the doors since the start, by mask.')
    .collect(() => [...mask.masked].map(([name, count]) => [{ mask: name }, count] as const));
  const times = { retentionMs: maxAge, futureMs: FUTURE_MS };
  const overCap = metrics.counter(
    'heliograph_relay_door_over_series_cap_total',
    'Samples of series over the cap of their client, by metric.',
  );
  return new DoorIntake({
    ...options,
    relay: config.name,
    boot: () => makeBoot(bootCounter(boot), randomBytes(8)),
    metricIntake: new MetricIntake({
      times,
      mask: (text) => mask.text(text),
      maxSeries: limits.seriesPerClient,
      overCap,
      // What comes by doors is limited behind the journal, as everything else.
      limited: null,
    }),
    lineIntake: new LineIntake({ times, mask }),
    accepted: metrics.counter('heliograph_relay_door_accepted_total', 'Samples and lines that doors took.'),
    refused: metrics.counter('heliograph_relay_door_refused_total', 'Samples and lines that doors refused, by code.'),
  });
}

function addRoutes(
  app: FastifyInstance,
  options: RelayDoorsOptions,
  { http, limits }: DoorsConfig,
  intake: DoorIntake,
) {
  const { config, now, log, metrics } = options;
  const waiting = new Waiting(limits.waitingBytes);
  metrics
    .gauge('heliograph_relay_door_waiting_bytes', 'Bytes of bodies at the doors that are on their way to the journal.')
    .collect(() => [[{}, waiting.bytes]]);
  const keeper = new Doorkeeper({
    ...limits,
    tokens: new TokenList(join(config.dataDir, TOKEN_FILE), (error) =>
      log.error('the tokens cannot be read; those known before stay good', { error: String(error) }),
    ),
    deny: new DenyList(config.tls.revoked, (error) =>
      log.error('the deny list cannot be read; the one before stays', { error: String(error) }),
    ),
    now,
  });
  const otlp = new Otlp(intake, config.name, limits.jsonDepth, () => now() + FUTURE_MS);
  const doors: HttpDoor[] = [
    ...(http!.remoteWrite ? [new RemoteWriteDoor(intake)] : []),
    ...(http!.otlp ? [new OtlpHttpDoor('metrics', otlp), new OtlpHttpDoor('logs', otlp)] : []),
  ];
  const refused = metrics.counter(
    'heliograph_relay_door_refused_requests_total',
    'Requests that a door did not take, by code.',
  );
  const { bodyBytes, unpackedBytes } = limits;
  const parts = { doors, keeper, log, refused, bodyBytes, unpackedBytes, waiting, keys: new UsedKeys() };
  addDoorRoutes(app, parts, isOpen(http!));
}

/** Whether it is for this machine alone, and needs neither TLS nor a token. */
function isOpen({ listen, tls }: NonNullable<DoorsConfig['http']>): boolean {
  return isLoopback(listen.host) && !tls;
}
