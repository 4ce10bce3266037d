import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { DenyList } from '../../lib/certificates/deny-list.ts';
import { ServerCertificate } from '../../lib/certificates/server-certificate.ts';
import type { Clock } from '../../lib/clock.ts';
import { isLoopback } from '../../lib/config/loopback.ts';
import type { HttpDoor } from '../../lib/doors/door.ts';
import { Doorkeeper } from '../../lib/doors/doorkeeper.ts';
import { openGrpc } from '../../lib/doors/grpc-server.ts';
import { addDoorRoutes, type HttpRouteParts } from '../../lib/doors/http-routes.ts';
import { doorServer, listenAt } from '../../lib/doors/http-server.ts';
import { influxDoors } from '../../lib/doors/influx-door.ts';
import { addInfluxPages } from '../../lib/doors/influx-pages.ts';
import { LineIntake } from '../../lib/doors/line-intake.ts';
import { MetricIntake } from '../../lib/doors/metric-intake.ts';
import { Otlp } from '../../lib/doors/otlp.ts';
import { otlpGrpcDoors } from '../../lib/doors/otlp-grpc-doors.ts';
import { OtlpHttpDoor } from '../../lib/doors/otlp-http-door.ts';
import { RemoteWriteDoor } from '../../lib/doors/remote-write-door.ts';
import { UsedKeys } from '../../lib/doors/used-keys.ts';
import { Waiting } from '../../lib/doors/waiting.ts';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import type { Logger } from '../../lib/log.ts';
import { nodeMaskStage } from '../../lib/mask/node-masks.ts';
import type { Registry } from '../../lib/metrics.ts';
import { TokenList } from '../../lib/tokens/token-file.ts';
import type { DataClass } from '../../proto/class.ts';
import { type Boot, bootCounter, makeBoot } from '../../proto/hash.ts';
import { type DoorPorts, NO_DOORS } from '../addresses.ts';
import type { RelayConfig } from '../config.ts';
import type { DefinitionStore } from '../definitions.ts';
import type { Pressure } from '../pressure.ts';
import type { Sequences } from '../sequences.ts';
import { ClientBook } from './client-book.ts';
import type { DoorsConfig } from './config.ts';
import { DoorKeys } from './door-keys.ts';
import { DoorIntake } from './intake.ts';
import { openMqttJson } from './mqtt-json/open.ts';
import { openSyslog, type SyslogDoor } from './syslog/open.ts';

/** The file of tokens in a relay's folder. */
const TOKEN_FILE = 'tokens.json';
/** The file of idempotency keys there. */
const KEY_FILE = 'door-keys.log';
/** As the stores have it: a sample may be ahead of the clock by so much. */
const FUTURE_MS = 3_600_000;

export interface RelayDoorsOptions {
  /** With `doors`. */
  readonly config: RelayConfig;
  readonly journal: Journal;
  readonly definitions: DefinitionStore;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  readonly pressure: Pressure;
  readonly files: JournalFiles;
  /** Of this start of the relay. */
  readonly boot: Boot;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** A section of the configuration that says where a door listens. */
type DoorListener = Pick<NonNullable<DoorsConfig['http']>, 'listen' | 'tls'>;

/** The doors of a relay, while it is up. */
export interface RelayDoors {
  readonly ports: DoorPorts;
  /** What other doors give their batches to. */
  readonly intake: DoorIntake;
  /** Who sends. */
  readonly clients: ClientBook;
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
  const clients = new ClientBook();
  const keyed = doors.http ?? doors.grpc;
  const path = join(config.dataDir, KEY_FILE);
  const keys = keyed ? await DoorKeys.open({ ...options, path }) : null;
  const intake = openIntake(options, doors, clients, keys);
  const common = openCommon(options, doors);
  const otlp = new Otlp(intake, config.name, doors.limits.jsonDepth, () => options.now() + FUTURE_MS);
  let certificate: ServerCertificate | null = null;
  /** One for all doors. */
  const theCertificate = () => {
    certificate ??= new ServerCertificate(config.tls);
    return certificate;
  };
  /** Null: without TLS. */
  const certificateOf = (listener: DoorListener) => (isOpen(listener) ? null : theCertificate());
  const opened: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const one of opened.splice(0)) await one();
    await keys?.close();
  };
  try {
    let ports = NO_DOORS;
    if (doors.http) {
      const app = await doorServer(certificateOf(doors.http), doors.limits.bodyBytes);
      opened.push(() => {
        app.server.closeIdleConnections();
        return app.close();
      });
      addRoutes(app, { ...common, doors: httpDoors(doors.http, intake, otlp, options.now) }, doors.http);
      await listenAt(app, doors.http.listen);
      ports = { ...ports, doors: (app.server.address() as AddressInfo).port };
    }
    if (doors.grpc) {
      const served = { certificate: certificateOf(doors.grpc), loopback: isOpen(doors.grpc) };
      const server = await openGrpc({ ...common, ...served, doors: otlpGrpcDoors(otlp) }, doors.grpc.listen);
      opened.push(() => server.close());
      ports = { ...ports, grpc: server.port };
    }
    let syslog: SyslogDoor | null = null;
    if (doors.syslog) {
      const times = { retentionMs: doors.maxAge, futureMs: FUTURE_MS };
      const door = await openSyslog({
        ...options,
        ...{ config: doors.syslog, intake, times, deny: common.deny },
        certificate: doors.syslog.tls ? theCertificate() : null,
      });
      opened.push(() => door.close());
      syslog = door;
      ports = { ...ports, syslog: door.ports };
    }
    if (doors.mqttJson) {
      const served = { certificate: certificateOf(doors.mqttJson), loopback: isOpen(doors.mqttJson) };
      const { metrics, now, clock } = options;
      const parts = { ...common, ...served, config: doors.mqttJson, jsonDepth: doors.limits.jsonDepth, intake };
      const mask = nodeMaskStage(doors.mask);
      const door = await openMqttJson({
        ...parts,
        limits: config.limits,
        metrics,
        now,
        clock,
        mask: (text) => mask.text(text),
      });
      opened.push(() => door.close());
      ports = { ...ports, mqttJson: door.port };
    }
    return {
      ports,
      intake,
      clients,
      sweep: () => {
        syslog?.sweep();
        try {
          if (certificate?.refresh()) log.info('the doors have a new certificate', {});
        } catch (error) {
          // Half a renewal, or a broken one: the old one serves on.
          log.warn("the doors' certificate files changed and cannot be used", { error: String(error) });
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openIntake(
  options: RelayDoorsOptions,
  { limits, maxAge, mask: secrets }: DoorsConfig,
  clients: ClientBook,
  keys: DoorKeys | null,
): DoorIntake {
  const { config, boot, metrics } = options;
  const mask = nodeMaskStage(secrets);
  metrics
    .gauge('heliograph_relay_door_masked', 'Secrets covered at the doors since the start, by mask.')
    .collect(() => [...mask.masked].map(([name, count]) => [{ mask: name }, count] as const));
  const times = { retentionMs: maxAge, futureMs: FUTURE_MS };
  const overCap = metrics.counter(
    'heliograph_relay_door_over_series_cap_total',
    'Samples of series over the cap of their client, by metric.',
  );
  if (keys) {
    metrics
      .gauge('heliograph_relay_door_keys', 'Idempotency keys that are remembered.')
      .collect(() => [[{}, keys.size]]);
  }
  return new DoorIntake({
    ...options,
    keys,
    relay: config.name,
    clients,
    boot: () => makeBoot(bootCounter(boot), randomBytes(8)),
    metricIntake: new MetricIntake({
      times,
      mask,
      maxSeries: limits.seriesPerClient,
      overCap,
      // What comes by doors is limited behind the journal, as everything else.
      limited: null,
    }),
    lineIntake: new LineIntake({ times, mask }),
    accepted: metrics.counter('heliograph_relay_door_accepted_total', 'Samples and lines that doors took.'),
    repeated: metrics.counter(
      'heliograph_relay_door_repeated_total',
      'Samples and lines that came again under an idempotency key, and were not taken again.',
    ),
    refused: metrics.counter('heliograph_relay_door_refused_total', 'Samples and lines that doors refused, by code.'),
  });
}

/** What all doors share: who comes in, how much waits, what is counted. */
function openCommon({ config, now, log, metrics }: RelayDoorsOptions, { limits }: DoorsConfig) {
  const waiting = new Waiting(limits.waitingBytes);
  metrics
    .gauge('heliograph_relay_door_waiting_bytes', 'Bytes of bodies at the doors that are on their way to the journal.')
    .collect(() => [[{}, waiting.bytes]]);
  const deny = new DenyList(config.tls.revoked, (error) =>
    log.error('the deny list cannot be read; the one before stays', { error: String(error) }),
  );
  const keeper = new Doorkeeper({
    ...limits,
    tokens: new TokenList(join(config.dataDir, TOKEN_FILE), (error) =>
      log.error('the tokens cannot be read; those known before stay good', { error: String(error) }),
    ),
    deny,
    now,
  });
  const refused = metrics.counter(
    'heliograph_relay_door_refused_requests_total',
    'Requests that a door did not take, by code.',
  );
  const { bodyBytes, unpackedBytes } = limits;
  return { keeper, deny, log, refused, bodyBytes, unpackedBytes, waiting, keys: new UsedKeys(now) };
}

function httpDoors(
  http: NonNullable<DoorsConfig['http']>,
  intake: DoorIntake,
  otlp: Otlp,
  now: () => number,
): HttpDoor[] {
  return [
    ...(http.remoteWrite ? [new RemoteWriteDoor(intake)] : []),
    ...(http.otlp ? [new OtlpHttpDoor('metrics', otlp), new OtlpHttpDoor('logs', otlp)] : []),
    ...(http.influx ? influxDoors(intake, now) : []),
  ];
}

function addRoutes(app: FastifyInstance, parts: HttpRouteParts, http: NonNullable<DoorsConfig['http']>): void {
  addDoorRoutes(app, parts, isOpen(http));
  if (http.influx) addInfluxPages(app);
}

/** Whether it is for this machine alone, and needs neither TLS nor a token. */
function isOpen({ listen, tls }: DoorListener): boolean {
  return isLoopback(listen.host) && !tls;
}
