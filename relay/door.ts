import type { TLSSocket } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import { LIMITS } from '../proto/limits.ts';
import { ComeBack } from './come-back.ts';
import type { RelayConfig } from './config.ts';
import { Drain } from './drain.ts';
import { FollowedTicketKeys } from './followed-ticket-keys.ts';
import { Gate } from './gate.ts';
import type { Intake } from './intake.ts';
import { type Listener, openListener } from './listener.ts';
import { type HostEvents, openMqtt } from './mqtt-service.ts';
import type { Arrival, RelayPart } from './part.ts';
import type { Port } from './port.ts';
import type { Refusals } from './refusals.ts';
import type { Sessions } from './sessions.ts';
import { TicketKeys, ticketKeyFile } from './ticket-keys.ts';
import { WebSocketEntrance } from './websocket/entrance.ts';
import { Writing } from './writing.ts';

/** Of one MQTT packet: a frame of the largest size with its topic, and as much again, so that an oversized frame can be told and refused by name. */
const PACKET_BYTES = 2 * LIMITS.frameBytes;

export interface Door {
  readonly port: number;
  /** Where WebSocket is served; 0 where it is not. */
  readonly websocket: number;
  readonly gate: Gate;
  /** The host has a newer connection at another worker. @returns whether it had one here, which is closed now */
  moved(host: string, connection: number): boolean;
  /** Looks at deny list, certificates and their ends. Called by a timer. */
  sweep(): void;
  /** Hosts are sent to other relays, and nobody is taken in. */
  readonly draining: boolean;
  /** TLS handshakes that wait for their turn, and how many are admitted in a second. */
  handshakes(): { waiting: number; perSecond: number };
  close(): Promise<void>;
}

/** Where collectors come in: ports, TLS, WebSocket, and MQTT behind them. */
export async function openDoor(options: {
  config: RelayConfig;
  sessions: Sessions;
  intake: Intake;
  refusals: Refusals;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  log: Logger;
  metrics: Registry;
  events: HostEvents;
  /** Where there are several workers. */
  part: RelayPart | null;
  /** Takes over what other workers know of a host. */
  learn: (memories: Arrival['memories']) => void;
  /** Where collectors wait already; null: the port is opened now. */
  port: Port | null;
}): Promise<Door> {
  const { config, sessions, intake, refusals, clock, random, log, metrics, events, part, learn, port } = options;
  const { connections } = config.limits;
  const comeBack = new ComeBack({ clock, random, connections, log, metrics });
  const directory = part?.home ?? config.dataDir;
  const drain = new Drain({ directory, sessions, comeBack, clock, random, log, metrics });
  const writing = new Writing(config.limits.writingBytes, metrics);
  const gate = new Gate({
    sessions,
    clock,
    log,
    metrics,
    revoked: config.tls.revoked,
    writing,
    worker: part?.worker ?? 0,
  });
  const mqtt = await openMqtt({
    limits: config.limits,
    packetBytes: PACKET_BYTES,
    gate,
    comeBack,
    sessions,
    intake,
    refusals,
    log,
    metrics,
    events,
    part,
    learn,
  });

  const refusedSockets = metrics.counter(
    'heliograph_relay_handshakes_refused_total',
    'TLS handshakes that failed or were not admitted, by reason.',
  );
  const handshakes = metrics.counter('heliograph_relay_handshakes_total', 'TLS handshakes that succeeded, by kind.');
  const entrance = config.websocket
    ? new WebSocketEntrance({
        path: config.websocket.path,
        limit: PACKET_BYTES,
        log,
        metrics,
        onMqtt: mqtt.serve,
        onBreach: (socket) => {
          const session = mqtt.sessionOf(socket);
          if (session) session.endReason ??= 'websocket';
        },
      })
    : null;
  const onSocket = (socket: TLSSocket) => {
    handshakes.inc({ kind: socket.isSessionReused() ? 'resumed' : 'full' });
    if (entrance) entrance.take(socket);
    else mqtt.serve(socket);
  };
  const listener: Listener = await openListener(
    config,
    clock,
    {
      onSocket,
      onRefused: (reason, error) => {
        refusedSockets.inc({ reason });
        log.info('handshake refused', { reason, error: error?.message });
      },
    },
    (ca) =>
      part
        ? // One process makes them for all.
          new FollowedTicketKeys(ticketKeyFile(part.home), ca, log)
        : new TicketKeys({ path: ticketKeyFile(config.dataDir), ca, now: () => clock.now(), log, metrics }),
    undefined,
    port,
  );
  // Who came while the relay started, and was one too many.
  if (port && port.refused > 0) refusedSockets.inc({ reason: 'admission' }, port.refused);
  metrics
    .gauge('heliograph_relay_handshakes_waiting', 'Connections that wait for their TLS handshake.')
    .collect(() => [[{}, listener.waiting()]]);
  metrics
    .gauge(
      'heliograph_relay_handshakes_per_second',
      'TLS handshakes that are admitted in a second: follows the event loop.',
    )
    .collect(() => [[{}, listener.rate()]]);
  let certificateTrouble = '';
  return {
    port: listener.ports[0]!,
    websocket: config.websocket ? listener.ports.at(-1)! : 0,
    gate,
    moved: mqtt.moved,
    get draining() {
      return comeBack.draining;
    },
    sweep: () => {
      try {
        if (listener.refresh()) {
          certificateTrouble = '';
          log.info('certificates read again', { cert: config.tls.cert });
        }
      } catch (error) {
        // It is tried again every time, and told when it is another trouble.
        if (String(error) !== certificateTrouble)
          log.error('certificates changed but cannot be used; the old ones stay', { error: String(error) });
        certificateTrouble = String(error);
      }
      gate.sweep();
      drain.sweep();
      comeBack.sweep();
    },
    handshakes: () => ({ waiting: listener.waiting(), perSecond: listener.rate() }),
    close: async () => {
      listener.stop();
      for (const session of sessions.all()) session.endReason ??= 'stopping';
      await comeBack.farewell(sessions.all(), listener.rate());
      await listener.close();
      await mqtt.close();
    },
  };
}
