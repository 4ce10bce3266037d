import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { DenyList } from '../../../lib/certificates/deny-list.ts';
import { ServerCertificate } from '../../../lib/certificates/server-certificate.ts';
import { isLoopback } from '../../../lib/config/loopback.ts';
import type { HttpDoor } from '../../../lib/doors/door.ts';
import { Doorkeeper } from '../../../lib/doors/doorkeeper.ts';
import { type GrpcDoor, openGrpc } from '../../../lib/doors/grpc-server.ts';
import { addDoorRoutes, type HttpRouteParts } from '../../../lib/doors/http-routes.ts';
import { doorServer, listenAt } from '../../../lib/doors/http-server.ts';
import { influxDoors } from '../../../lib/doors/influx-door.ts';
import { addInfluxPages } from '../../../lib/doors/influx-pages.ts';
import { LineIntake } from '../../../lib/doors/line-intake.ts';
import { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import { Otlp } from '../../../lib/doors/otlp.ts';
import { otlpGrpcDoors } from '../../../lib/doors/otlp-grpc-doors.ts';
import { OtlpHttpDoor } from '../../../lib/doors/otlp-http-door.ts';
import { PushDoor } from '../../../lib/doors/push-door.ts';
import { RemoteWriteDoor } from '../../../lib/doors/remote-write-door.ts';
import { UsedKeys } from '../../../lib/doors/used-keys.ts';
import { Waiting } from '../../../lib/doors/waiting.ts';
import type { Logger } from '../../../lib/log.ts';
import { nodeMaskStage } from '../../../lib/mask/node-masks.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { TokenList } from '../../../lib/tokens/token-file.ts';
import type { Health } from '../../api/health.ts';
import type { CoreConfig } from '../../config.ts';
import type { Account } from '../../ledger/account.ts';
import type { DoorLimits } from '../../limits/open.ts';
import type { Bus } from '../../ports/bus.ts';
import type { MetricStore } from '../../ports/metric-store.ts';
import { addHealthPage } from './health-page.ts';
import { DoorSink, type DoorSinkOptions } from './sink.ts';

/** As the stores have it: a sample may be ahead of the clock by so much. */
const FUTURE_MS = 3_600_000;
/** How often the certificate files are looked at. */
const LOOK_EVERY_MS = 2000;
/** Hosts push what is theirs. Where relays and other cores are expected, they push what they count of themselves. */
const HOSTS = ['collector'] as const;
const WITH_TIERS = [...HOSTS, 'relay', 'core'] as const;

export interface DoorsOptions {
  readonly config: Pick<CoreConfig, 'name' | 'push' | 'tls' | 'retention' | 'alerts'>;
  readonly registry: Registry;
  readonly log: Logger;
  readonly now: () => number;
  readonly metrics: MetricStore;
  readonly bus: Bus;
  readonly account: Account;
  readonly fleet: DoorSinkOptions['fleet'];
  readonly pressure: DoorSinkOptions['pressure'];
  readonly tokens: TokenList;
  /** Null: series are not counted here. */
  readonly cardinality: Pick<DoorLimits, 'limits' | 'tellTo'> | null;
  readonly health: Pick<Health, 'view'>;
}

/** The doors for what others send: on the API's server for this machine, and on listeners of their own for others. */
export class Doors {
  readonly #parts: HttpRouteParts;
  readonly #options: DoorsOptions;
  readonly #grpcDoors: readonly GrpcDoor[];
  #grpc: { close(): void } | null = null;
  #http: FastifyInstance | null = null;
  #certificate: ServerCertificate | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Of the listener for others; null if there is none. */
  httpPort: number | null = null;
  grpcPort: number | null = null;

  private constructor(options: DoorsOptions) {
    const { config, registry, log, now } = options;
    const { limits, site } = config.push;
    this.#options = options;
    const refused = registry.counter(
      'heliograph_core_door_refused_total',
      'Samples and lines that a door did not take, by code',
    );
    const mask = nodeMaskStage(config.push.mask);
    registry
      .gauge('heliograph_core_door_masked', 'Secrets covered at the doors since the start, by mask')
      .collect(() => [...mask.masked].map(([name, count]) => [{ mask: name }, count] as const));
    const times = (retentionMs: number) => ({ retentionMs, futureMs: FUTURE_MS });
    const sink = new DoorSink({
      ...options,
      site,
      metricIntake: new MetricIntake({
        times: times(config.retention.metrics),
        mask,
        maxSeries: limits.seriesPerClient,
        overCap: registry.counter(
          'heliograph_core_door_over_series_cap_total',
          'Samples of series over the cap of their client, by metric',
        ),
        limited: options.cardinality && {
          limits: options.cardinality.limits,
          folded: registry.counter(
            'heliograph_core_door_folded_total',
            'Samples added up in overflow series because of a cap, by metric',
          ),
        },
      }),
      lineIntake: new LineIntake({ times: times(config.retention.logs), mask }),
      accepted: registry.counter('heliograph_core_door_accepted_total', 'Samples and lines that doors took'),
      refused,
      pressed: registry.counter(
        'heliograph_core_door_pressed_lines_total',
        'Lines that doors did not take because there is no room for their class now, by class',
      ),
    });
    options.cardinality?.tellTo((event) => sink.tell(config.name, event));
    const keeper = new Doorkeeper({
      ...limits,
      tokens: options.tokens,
      deny: new DenyList(config.push.tls?.revoked ?? config.tls.revoked, (error) =>
        log.error('the deny list cannot be read; the one before stays', { 'error.message': error }),
      ),
      now,
      roles: config.alerts.tiers.expect.length > 0 ? WITH_TIERS : HOSTS,
    });
    const waiting = new Waiting(limits.waitingBytes);
    registry
      .gauge('heliograph_core_door_waiting_bytes', 'Bytes of bodies at the doors that are on their way to the stores')
      .collect(() => [[{}, waiting.bytes]]);
    const push = new PushDoor({ sink, now, maxDepth: limits.jsonDepth });
    const otlp = new Otlp(sink, config.name, limits.jsonDepth, () => now() + FUTURE_MS);
    const doors: HttpDoor[] = [
      push,
      new RemoteWriteDoor(sink),
      new OtlpHttpDoor('metrics', otlp),
      new OtlpHttpDoor('logs', otlp),
      ...influxDoors(sink, now),
    ];
    this.#grpcDoors = grpcDoors(push, otlp);
    this.#parts = {
      doors,
      keeper,
      log,
      refused: registry.counter(
        'heliograph_core_door_refused_requests_total',
        'Requests that a door did not take, by code',
      ),
      bodyBytes: limits.bodyBytes,
      unpackedBytes: limits.unpackedBytes,
      waiting,
      keys: new UsedKeys(now),
    };
  }

  /** @throws HeliographError HG_PORT_TAKEN, HG_CERT_FILE */
  static async open(options: DoorsOptions): Promise<Doors> {
    const doors = new Doors(options);
    try {
      await doors.#listen();
    } catch (error) {
      await doors.close();
      throw error;
    }
    return doors;
  }

  /** Adds the doors to the API's own server, which only this machine reaches. */
  addTo(app: FastifyInstance): void {
    addDoorRoutes(app, this.#parts, true);
    addInfluxPages(app);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#grpc?.close();
    this.#grpc = null;
    const http = this.#http;
    this.#http = null;
    if (!http) return;
    http.server.closeIdleConnections();
    await http.close();
  }

  async #listen(): Promise<void> {
    const { push } = this.#options.config;
    if (push.listen) {
      const certificate = this.#certificateFor(isLoopback(push.listen.host));
      this.#http = await doorServer(certificate, push.limits.bodyBytes);
      // Who is to show a certificate is asked for one on loopback, too.
      const trusted = certificate === null;
      addDoorRoutes(this.#http, this.#parts, trusted);
      addInfluxPages(this.#http);
      addHealthPage(this.#http, this.#parts.keeper, this.#options.health, trusted);
      await listenAt(this.#http, push.listen);
      this.httpPort = (this.#http.server.address() as AddressInfo).port;
    }
    if (push.grpc) await this.#listenGrpc(push.grpc);
  }

  async #listenGrpc(listen: { host: string; port: number }): Promise<void> {
    const certificate = this.#certificateFor(isLoopback(listen.host));
    const loopback = certificate === null;
    const grpc = await openGrpc({ ...this.#parts, doors: this.#grpcDoors, loopback, certificate }, listen);
    this.#grpc = grpc;
    this.grpcPort = grpc.port;
  }

  /** Anything but loopback speaks TLS; loopback does if it is told to. */
  #certificateFor(loopback: boolean): ServerCertificate | null {
    const { tls, push } = this.#options.config;
    if (loopback && !push.tls) return null;
    if (this.#certificate === null) {
      const certificate = new ServerCertificate(push.tls ?? tls);
      this.#certificate = certificate;
      this.#timer = setInterval(() => this.#renew(certificate), LOOK_EVERY_MS);
    }
    return this.#certificate;
  }

  #renew(certificate: ServerCertificate): void {
    const { log } = this.#options;
    try {
      if (certificate.refresh()) log.info('the doors have a new certificate', {});
    } catch (error) {
      // Half a renewal, or a broken one: the old one serves on.
      log.warn("the doors' certificate files changed and cannot be used", { 'error.message': String(error) });
    }
  }
}

/** The same over gRPC. */
function grpcDoors(push: PushDoor, otlp: Otlp): GrpcDoor[] {
  return [
    ...otlpGrpcDoors(otlp),
    {
      name: 'ingest_grpc',
      path: '/heliograph.push.v1.Push/Send',
      scope: null,
      take: (bytes, guest, key) => push.takeProtobuf(bytes, guest, key),
    },
  ];
}
