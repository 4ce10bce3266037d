import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Client, PublishPacket } from 'aedes';
import type { Clock } from '../lib/clock.ts';
import { HeliographError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { LIMITS } from '../proto/limits.ts';
import { ComeBack } from './come-back.ts';
import type { RelayConfig } from './config.ts';
import { FollowedTicketKeys } from './followed-ticket-keys.ts';
import { Gate } from './gate.ts';
import type { Intake, Message } from './intake.ts';
import { type Listener, openListener } from './listener.ts';
import { MqttBroker, saidGoodbye } from './mqtt-broker.ts';
import type { Arrival, RelayPart } from './part.ts';
import type { Port } from './port.ts';
import { Reading } from './reading.ts';
import type { Refusals } from './refusals.ts';
import type { EndReason, Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { TicketKeys, ticketKeyFile } from './ticket-keys.ts';
import { downward, type Upward, upward } from './topics.ts';
import { WebSocketEntrance } from './websocket/entrance.ts';
import { Writing } from './writing.ts';

/** Of one MQTT packet: a frame of the largest size with its topic, and as much again, so that an oversized frame can be told and refused by name. */
const PACKET_BYTES = 2 * LIMITS.frameBytes;

export interface DoorEvents {
  /** A host's connection is up and is its only one. `replaced`: it took over from an older one that had not ended. */
  onArrived(session: Session, replaced: boolean): void;
  /** A host's current connection ended, and no newer one has taken over. */
  onLeft(session: Session, reason: EndReason): void;
  /** A host's connection ended for a newer one at another worker of this relay. */
  onMoved(session: Session): void;
  onSubscribed(session: Session, channel: 'desired' | 'control'): void;
  /** `will`: it is the last will, sent by the broker after the connection ended. */
  onStatus(session: Session, payload: Uint8Array, will: boolean): void;
}

export interface Door {
  readonly port: number;
  /** Where WebSocket is served; 0 where it is not. */
  readonly websocket: number;
  readonly gate: Gate;
  /** The host has a newer connection at another worker. @returns whether it had one here, which is closed now */
  moved(host: string, connection: number): boolean;
  /** Looks at deny list, certificates and their ends. Called by a timer. */
  sweep(): void;
  /** TLS handshakes that wait for their turn, and how many are admitted in a second. */
  handshakes(): { waiting: number; perSecond: number };
  close(): Promise<void>;
}

/** Where collectors come in: TLS, MQTT, who may say what. */
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
  events: DoorEvents;
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
  const ended: Counter = metrics.counter('heliograph_relay_connections_ended_total', 'Connections ended, by reason.');
  const lateWills: Counter = metrics.counter(
    'heliograph_relay_late_wills_total',
    'Last wills of connections that a newer one had replaced; ignored.',
  );
  const foreign = (topic: string, session: Session, does: string) =>
    new HeliographError('HG_RELAY_TOPIC', `${session.host} may not ${does} ${JSON.stringify(topic.slice(0, 200))}`);

  const left = (session: Session) => {
    if (session.ended) return;
    session.end();
    session.endReason ??= saidGoodbye(session.client) ? 'disconnected' : 'closed';
    ended.inc({ reason: session.endReason });
    intake.forget(session);
    if (!sessions.release(session)) return;
    events.onLeft(session, session.endReason);
    part?.left(session.host, session.number);
  };
  const close = (session: Session) => {
    session.client.close();
    session.socket.destroy();
  };
  /** CONNECT goes through. @param elsewhere an older connection at another worker has ended for it */
  const admit = (session: Session, room: boolean, elsewhere: boolean) => {
    if (!room) {
      comeBack.turnAway(session);
      return;
    }
    const older = sessions.take(session);
    if (older) {
      // Its will must find that a newer one is there, so it goes after the take-over.
      older.endReason ??= 'replaced';
      close(older);
    }
    events.onArrived(session, elsewhere || older !== undefined);
  };

  const take = (session: Session, channel: Upward, message: Message) => {
    if (channel === 'definitions') intake.definition(session, message);
    else if (channel === 'status') {
      events.onStatus(session, message.payload, false);
      session.acknowledge(message.messageId);
    } else intake.frame(session, channel, message);
  };

  /** What comes by the broker: wills, what is refused, and what was sent before CONNACK was out. */
  const publish = (session: Session, packet: PublishPacket, done: (error?: Error | null) => void) => {
    const will = packet.cmd !== 'publish';
    const { topic } = packet;
    const channel = upward(session.prefix, topic);
    const messageId = packet.qos > 0 && !will ? packet.messageId : undefined;
    // Every acknowledgement is ours; the broker sees all of it as QoS 0.
    packet.qos = 0;
    packet.retain = false;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (will) {
      if (channel !== 'status') refusals.refuse(session, topic, foreign(topic, session, 'will'), undefined);
      else if (sessions.isLatest(session)) events.onStatus(session, payload, true);
      else lateWills.inc();
      return done(null);
    }
    if (session.ended || session.socket.destroyed) return done(new Error('the connection ended'));
    // Never answered, so nothing more is read of it; it goes by itself, or is closed soon.
    if (session.turnedAway) return;
    if (channel === null) refusals.refuse(session, topic, foreign(topic, session, 'publish to'), messageId);
    else take(session, channel, { topic, payload, messageId });
    done(null);
  };

  const broker = new MqttBroker({
    connectTimeout: 10_000,
    drainTimeout: 20_000,
    keepaliveLimit: Math.ceil(config.limits.keepAlive / 1000),
    maxTopicLevels: 3,
    // Frames that come before CONNACK is out; a collector does not, but may.
    queueLimit: 64,
    preConnect: (client, packet, done) => {
      // Sessions end with their connection: what is to be told is told anew, and the broker keeps nothing for who is gone.
      packet.clean = true;
      gate.preConnect(client, packet, done);
    },
    authenticate: (client, _user, _password, done) => {
      const session = gate.sessionOf(client);
      if (!session) return done(Object.assign(new Error('not admitted'), { returnCode: 5 }), false);
      if (!part) {
        admit(session, sessions.size < connections || sessions.of(session.host) !== undefined, false);
        done(null, true);
        return;
      }
      part.arrive(session.host, session.number, ({ room, replaced, memories }) => {
        learn(memories);
        if (session.ended || session.socket.destroyed) {
          if (room) part.left(session.host, session.number);
          done(Object.assign(new Error('the connection ended'), { returnCode: 3 }), false);
          return;
        }
        admit(session, room, replaced);
        done(null, true);
      });
    },
    authorizePublish: (client, packet, done) => {
      const session = gate.sessionOf(client);
      if (!session) return done(new Error('no session'));
      if (packet.qos === 2) {
        refusals.refuse(session, packet.topic, new HeliographError('HG_RELAY_QOS', 'QoS 2'), undefined);
        return done(new Error('QoS 2 is not served'));
      }
      publish(session, packet, done);
    },
    authorizeSubscribe: (client, subscription, done) => {
      const session = gate.sessionOf(client);
      const channel = session && downward(session.prefix, subscription.topic);
      if (!session || !channel) {
        if (session)
          refusals.refuse(session, subscription.topic, foreign(subscription.topic, session, 'subscribe to'), undefined);
        return done(null, null);
      }
      done(null, subscription);
    },
  });
  await broker.listen();
  broker.on('subscribe', (subscriptions, client) => {
    const session = gate.sessionOf(client);
    if (!session || session.ended) return;
    for (const { topic, qos } of subscriptions) {
      const channel = downward(session.prefix, topic);
      // 128 is a refused subscription.
      if (!channel || (qos as number) === 128) continue;
      session[channel] = true;
      if (!session.turnedAway) events.onSubscribed(session, channel);
      else if (channel === 'control') comeBack.listens(session);
    }
  });
  broker.on('keepaliveTimeout', (client) => {
    const session = gate.sessionOf(client);
    if (session) session.endReason ??= 'keep-alive';
  });
  const clientErrors = metrics.counter(
    'heliograph_relay_client_errors_total',
    'Connections that ended with a protocol or socket error.',
  );
  const onError = (client: Client, error: Error) => {
    clientErrors.inc();
    const session = gate.sessionOf(client);
    log.info('connection error', { host: session?.host, error: error.message });
  };
  broker.on('clientError', onError);
  broker.on('connectionError', onError);

  const refusedSockets = metrics.counter(
    'heliograph_relay_handshakes_refused_total',
    'TLS handshakes that failed or were not admitted, by reason.',
  );
  const oversized = metrics.counter(
    'heliograph_relay_oversized_packets_total',
    'Connections ended because one packet announced more than the limit.',
  );
  const handshakes = metrics.counter('heliograph_relay_handshakes_total', 'TLS handshakes that succeeded, by kind.');
  const onOversized = (socket: Duplex, session: Session | undefined, bytes: number) => {
    oversized.inc();
    log.warn('packet too large; connection ended', { host: session?.host, bytes, limit: PACKET_BYTES });
    if (session) session.drop('oversized');
    else socket.destroy();
  };
  const clients = new WeakMap<Duplex, Client>();
  /** MQTT begins. @param socket TLS, or a WebSocket over it */
  const serve = (socket: Duplex) => {
    const client = broker.handle(socket);
    clients.set(socket, client);
    new Reading({ client, socket, session: () => gate.sessionOf(client), take, limit: PACKET_BYTES, onOversized });
    socket.once('close', () => {
      const session = gate.sessionOf(client);
      if (session) left(session);
    });
  };
  const entrance = config.websocket
    ? new WebSocketEntrance({
        path: config.websocket.path,
        limit: PACKET_BYTES,
        log,
        metrics,
        onMqtt: serve,
        onBreach: (socket) => {
          const session = gate.sessionOf(clients.get(socket) ?? null);
          if (session) session.endReason ??= 'websocket';
        },
      })
    : null;
  const onSocket = (socket: TLSSocket) => {
    handshakes.inc({ kind: socket.isSessionReused() ? 'resumed' : 'full' });
    if (entrance) entrance.take(socket);
    else serve(socket);
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
    moved: (host, connection) => {
      const session = sessions.moved(host, connection);
      if (!session) return false;
      session.endReason ??= 'replaced';
      left(session);
      events.onMoved(session);
      close(session);
      return true;
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
      comeBack.sweep();
    },
    handshakes: () => ({ waiting: listener.waiting(), perSecond: listener.rate() }),
    close: async () => {
      listener.stop();
      for (const session of sessions.all()) session.endReason ??= 'stopping';
      await comeBack.farewell(sessions.all(), listener.rate());
      await listener.close();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}
