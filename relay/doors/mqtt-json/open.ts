import type { AddressInfo, Socket } from 'node:net';
import type { Client } from 'aedes';
import { bind } from '../../../lib/bind.ts';
import type { ServerCertificate } from '../../../lib/certificates/server-certificate.ts';
import type { Clock } from '../../../lib/clock.ts';
import { closeConnections } from '../../../lib/doors/close-connections.ts';
import type { Credentials, Doorkeeper } from '../../../lib/doors/doorkeeper.ts';
import { certificateOf } from '../../../lib/doors/peer-certificate.ts';
import type { Taker } from '../../../lib/doors/taker.ts';
import type { Waiting } from '../../../lib/doors/waiting.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Counter, Registry } from '../../../lib/metrics.ts';
import type { RelayConfig } from '../../config.ts';
import { MqttBroker } from '../../mqtt-broker.ts';
import type { MqttJsonConfig } from './config.ts';
import { DeviceConnection } from './device-connection.ts';
import { DeviceMessages } from './device-message.ts';
import { DeviceStore, DOOR } from './device-store.ts';
import { deviceListener } from './listener.ts';

export interface MqttJsonParts {
  readonly config: MqttJsonConfig;
  readonly jsonDepth: number;
  readonly intake: Taker;
  readonly keeper: Doorkeeper;
  readonly waiting: Waiting;
  readonly log: Logger;
  /** Covers secrets in what is logged. */
  readonly mask: (text: string) => string;
  readonly metrics: Registry;
  /** Requests by labels `door`, `code`. */
  readonly refused: Counter;
  /** Null: without TLS. */
  readonly certificate: ServerCertificate | null;
  /** Who does not say who he is is this machine. */
  readonly loopback: boolean;
  /** Of the relay: what they say of handshakes counts here, too. */
  readonly limits: RelayConfig['limits'];
  /** ms since the epoch. */
  readonly now: () => number;
  readonly clock: Clock;
}

/** The door for devices, while it is up. */
export interface MqttJsonDoor {
  readonly port: number;
  /** Takes nothing more; resolves when what was read is stored or given up. */
  close(): Promise<void>;
}

/** MQTT 3.1.1: server unavailable, bad user name or password, not authorized. */
const UNAVAILABLE = 3;
const BAD_PASSWORD = 4;
const NOT_AUTHORIZED = 5;
/** A device that says nothing has so long to say CONNECT, and for its handshake, ms. */
const CONNECT_MS = 10_000;
/** A packet may have so many times the bytes of a message; a larger message is refused and the connection goes on. */
const PACKET_FACTOR = 4;

/**
 * Opens a listener for devices that publish JSON, with a broker of its own: who comes here is no collector, and is told nothing of them.
 * @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT
 */
export async function openMqttJson(parts: MqttJsonParts): Promise<MqttJsonDoor> {
  const { config, keeper, waiting, loopback, now, log, mask, metrics, refused } = parts;
  const closing = new AbortController();
  const store = new DeviceStore({ ...parts, closing: closing.signal });
  const messages = new DeviceMessages({ ...config, jsonDepth: parts.jsonDepth });
  const connections = new Map<Client, DeviceConnection>();
  const sockets = new Set<Socket>();
  const ending = new Set<Promise<void>>();
  const refuse = (error: HeliographError, facts: Readonly<Record<string, unknown>> = {}) => store.refuse(error, facts);
  metrics
    .gauge('heliograph_relay_door_devices', 'Devices that are connected to publish JSON over MQTT.')
    .collect(() => [[{}, [...connections.values()].filter(({ who }) => who !== null).length]]);

  const broker = new MqttBroker({
    connectTimeout: CONNECT_MS,
    drainTimeout: 20_000,
    // Topics that are deeper than any rule are refused by themselves.
    maxTopicLevels: 1000,
    maxClientsIdLength: 65_535,
    queueLimit: 64,
    preConnect: (_client, packet, done) => {
      // Nothing is kept for who is gone, and nobody hears a last will.
      packet.clean = true;
      packet.will = undefined;
      done(null, true);
    },
    authenticate: (client, _user, password, done) => {
      const connection = connections.get(client);
      // It said CONNECT and was gone: the broker asks all the same.
      if (!connection)
        return done(Object.assign(new Error('the connection ended'), { returnCode: UNAVAILABLE }), false);
      const secret = password === undefined ? undefined : `Bearer ${password.toString()}`;
      const certificate = certificateOf(client.conn as Socket);
      const who: Credentials = { loopback, authorization: secret, certificate };
      try {
        const { name } = keeper.admit(who, null);
        connection.who = who;
        connection.client = name;
        connection.name = `${name}/${client.id}`;
        // A device that comes again replaces itself and never another client's.
        client.id = connection.name;
        done(null, true);
      } catch (error) {
        if (!(error instanceof HeliographError)) throw error;
        // Neither the user's name nor the client's: a device that is set up wrongly has its token there.
        refuse(error, { address: (client.conn as Socket).remoteAddress });
        const bad = secret === undefined ? NOT_AUTHORIZED : BAD_PASSWORD;
        const returnCode = error.code === 'HG_DOOR_TOKEN' ? bad : UNAVAILABLE;
        done(Object.assign(new Error(error.message), { returnCode }), false);
      }
    },
    authorizePublish: (client, packet, done) => {
      const connection = client && connections.get(client);
      if (!connection) return done(new Error('no connection'));
      if (packet.qos === 2) {
        const what = 'a message of QoS 2; publish at QoS 1, which is acknowledged when the message is durable';
        refuse(new HeliographError('HG_RELAY_QOS', what), { client: connection.name });
        return done(new Error('QoS 2 is not served'));
      }
      const id = packet.qos === 1 ? packet.messageId : undefined;
      const payload = Buffer.from(packet.payload);
      connection.take(Buffer.from(packet.topic).toString('latin1'), id, payload, packet.retain);
      // It is acknowledged here, when it is durable.
      packet.qos = 0;
      done();
    },
    authorizeSubscribe: (client, subscription, done) => {
      const what = `a subscription to ${subscription.topic.slice(0, 200)}`;
      refuse(new HeliographError('HG_MQTT_UNSERVED', what), { client: client && connections.get(client)?.name });
      done(null, null);
    },
  });
  await broker.listen();
  const errors = metrics.counter(
    'heliograph_relay_door_device_errors_total',
    'Connections of devices that ended with a protocol or socket error, or did not come to be.',
  );
  const onError = (client: Client, error: Error) => {
    errors.inc();
    const name = connections.get(client)?.name;
    const known = name ? { client: mask(name) } : { address: (client.conn as Socket).remoteAddress };
    log.info('a device’s connection ended with an error', { ...known, 'error.message': mask(error.message) });
  };
  broker.on('connectionError', onError);
  broker.on('clientError', onError);

  const serve = (socket: Socket) => {
    // Half-open connections of devices that never ping end by this.
    socket.setKeepAlive(true, 60_000);
    const client = broker.handle(socket);
    const connection = new DeviceConnection({
      client,
      socket,
      read: (message) => messages.read(message),
      refuse,
      store: (some, who, open) => store.store(some, who, open),
      waiting,
      packetBytes: config.messageBytes * PACKET_FACTOR,
      now,
    });
    connections.set(client, connection);
    // With TLS another one than what the server has.
    sockets.add(socket);
    socket.once('close', () => {
      connections.delete(client);
      sockets.delete(socket);
      const end = connection.settled().finally(() => ending.delete(end));
      ending.add(end);
    });
  };

  const listener = await deviceListener({
    certificate: parts.certificate,
    connections: config.connections,
    limits: parts.limits,
    handshakeMs: CONNECT_MS,
    clock: parts.clock,
    serve,
    onError: () => errors.inc(),
    onFull: () => refused.inc({ door: DOOR, code: 'HG_DOOR_BUSY' }),
  });
  metrics
    .gauge(
      'heliograph_relay_door_device_handshakes_waiting',
      'Connections of devices that wait for their TLS handshake.',
    )
    .collect(() => [[{}, listener.waiting()]]);
  const { server } = listener;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    await bind(server, { ...config.listen, key: 'doors.mqttJson.listen' });
  } catch (error) {
    await new Promise<void>((resolve) => broker.close(resolve));
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      closing.abort();
      listener.close();
      await closeConnections([server], sockets);
      await Promise.all(ending);
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}
