import type { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import { HeliographError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import type { ComeBack } from './come-back.ts';
import type { RelayConfig } from './config.ts';
import type { Gate } from './gate.ts';
import { foreignTopic, hostMessages } from './host-messages.ts';
import type { Intake } from './intake.ts';
import { MqttBroker, saidGoodbye } from './mqtt-broker.ts';
import type { Arrival, RelayPart } from './part.ts';
import { Reading } from './reading.ts';
import type { Refusals } from './refusals.ts';
import type { HostFate } from './rules/link.ts';
import type { EndReason, Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { downward } from './topics.ts';

/** What becomes of hosts. */
export interface HostEvents {
  /** A host's connection is up and is its only one. `replaced`: it took over from an older one that had not ended. */
  onArrived(session: Session, replaced: boolean): void;
  /** A host's current connection ended, and no newer one has taken over. */
  onLeft(session: Session, reason: EndReason): void;
  /** After that: whether the host is silent, as far as is known. */
  fateOf(host: string): HostFate;
  /** A host's connection ended for a newer one at another worker of this relay. */
  onMoved(session: Session): void;
  onSubscribed(session: Session, channel: 'desired' | 'control'): void;
  /** `will`: it is the last will, sent by the broker after the connection ended. */
  onStatus(session: Session, payload: Uint8Array, will: boolean): void;
}

/** MQTT for the hosts of a relay. */
export interface MqttService {
  /** MQTT begins. @param socket TLS, or a WebSocket over it; nothing of it has been read */
  serve(socket: Duplex): void;
  /** Whose connection it is; undefined: it has not said CONNECT, or was not admitted. */
  sessionOf(socket: Duplex): Session | undefined;
  /** The host has a newer connection at another worker. @returns whether it had one here, which is closed now */
  moved(host: string, connection: number): boolean;
  close(): Promise<void>;
}

/** Who is connected by MQTT, and may say and hear what. */
export async function openMqtt(options: {
  limits: Pick<RelayConfig['limits'], 'connections' | 'keepAlive'>;
  /** Bytes of one packet. */
  packetBytes: number;
  gate: Gate;
  comeBack: ComeBack;
  sessions: Sessions;
  intake: Intake;
  refusals: Refusals;
  log: Logger;
  metrics: Registry;
  events: HostEvents;
  /** Where there are several workers. */
  part: RelayPart | null;
  /** Takes over what other workers know of a host. */
  learn: (memories: Arrival['memories']) => void;
}): Promise<MqttService> {
  const { limits, packetBytes, gate, comeBack, sessions, intake, refusals, log, metrics, events, part, learn } =
    options;
  const ended: Counter = metrics.counter('heliograph_relay_connections_ended_total', 'Connections ended, by reason.');
  const left = (session: Session) => {
    if (session.ended) return;
    session.end();
    if (session.movedTo !== null && (session.endReason ?? 'drained') === 'drained') session.endReason = 'moved';
    session.endReason ??= saidGoodbye(session.client) ? 'disconnected' : 'closed';
    ended.inc({ reason: session.endReason });
    intake.forget(session);
    if (!sessions.release(session)) return;
    events.onLeft(session, session.endReason);
    part?.left(session.host, session.number, events.fateOf(session.host));
  };
  const close = (session: Session) => {
    session.client.close();
    session.socket.destroy();
  };
  /** CONNECT goes through. @param elsewhere an older connection at another worker has ended for it @returns whether the host stays */
  const admit = (session: Session, room: boolean, elsewhere: boolean): boolean => {
    if (!room || comeBack.draining) {
      comeBack.turnAway(session);
      return false;
    }
    const older = sessions.take(session);
    if (older) {
      // Its will must find that a newer one is there, so it goes after the take-over.
      older.endReason ??= 'replaced';
      close(older);
    }
    events.onArrived(session, elsewhere || older !== undefined);
    return true;
  };

  const { take, publish } = hostMessages({ sessions, intake, refusals, metrics, events });
  const broker = new MqttBroker({
    connectTimeout: 10_000,
    drainTimeout: 20_000,
    keepaliveLimit: Math.ceil(limits.keepAlive / 1000),
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
        admit(session, sessions.size < limits.connections || sessions.of(session.host) !== undefined, false);
        done(null, true);
        return;
      }
      part.arrive(session.host, session.number, ({ room, replaced, memories }) => {
        learn(memories);
        if (session.ended || session.socket.destroyed) {
          if (room) part.left(session.host, session.number, 'gone');
          done(Object.assign(new Error('the connection ended'), { returnCode: 3 }), false);
          return;
        }
        if (!admit(session, room, replaced) && room) part.left(session.host, session.number, 'gone');
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
          refusals.refuse(
            session,
            subscription.topic,
            foreignTopic(subscription.topic, session, 'subscribe to'),
            undefined,
          );
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

  const oversized = metrics.counter(
    'heliograph_relay_oversized_packets_total',
    'Connections ended because one packet announced more than the limit.',
  );
  const onOversized = (socket: Duplex, session: Session | undefined, bytes: number) => {
    oversized.inc();
    log.warn('packet too large; connection ended', { host: session?.host, bytes, limit: packetBytes });
    if (session) session.drop('oversized');
    else socket.destroy();
  };
  const clients = new WeakMap<Duplex, Client>();
  const serve = (socket: Duplex) => {
    const client = broker.handle(socket);
    clients.set(socket, client);
    new Reading({ client, socket, session: () => gate.sessionOf(client), take, limit: packetBytes, onOversized });
    socket.once('close', () => {
      const session = gate.sessionOf(client);
      if (session) left(session);
    });
  };
  return {
    serve,
    sessionOf: (socket) => gate.sessionOf(clients.get(socket) ?? null),
    moved: (host, connection) => {
      const session = sessions.moved(host, connection);
      if (!session) return false;
      session.endReason ??= 'replaced';
      left(session);
      events.onMoved(session);
      close(session);
      return true;
    },
    close: () => new Promise((resolve) => broker.close(() => resolve())),
  };
}
