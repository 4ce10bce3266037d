import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { connect, MqttClient } from 'mqtt';
import { HeliographError } from '../../lib/errors.ts';
import { keepNoMqttCaches } from '../../lib/mqtt-memory.ts';
import type { Uplink, UplinkEvents, UplinkOptions } from '../core/host.ts';
import { addressText, type RelayAddress } from '../core/uplink/relay-turns.ts';
import type { LineOptions } from './line/open.ts';
import type { HttpProxy } from './proxy.ts';
import type { TlsSessions } from './tls-sessions.ts';

/** Paths of PEM files, read anew at each connect: a renewed certificate is used from the next connection on. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** DISCONNECT of MQTT 3.1.1: without it the relay would publish the last will. */
const DISCONNECT = Buffer.from([0xe0, 0]);

/** How a connection ends that nobody takes, or that is closed at once by who does. */
const REFUSALS: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ECONNRESET']);

/** What a proxy answers where nobody takes its connection. */
const NOBODY_THERE: ReadonlySet<number> = new Set([502, 503]);

keepNoMqttCaches();

/**
 * One connection by the mqtt package over TLS 1.3 with a client certificate. It never reconnects by itself and stores nothing.
 * @param sessions tickets of earlier connections of the same host; without it every handshake is a full one
 * @param proxyOf the proxy on the way to a relay; null: none
 */
export function createMqttUplink(
  tls: TlsFiles,
  sessions?: TlsSessions,
  proxyOf: (relay: RelayAddress) => HttpProxy | null = () => null,
): Uplink {
  let client: MqttClient | null = null;
  let closed = false;
  const givenUp = new AbortController();
  let leave = (_reason: string): void => undefined;
  /** Callbacks of what is sent and not acknowledged; the package forgets some of them when a stream breaks. */
  const pending = new Set<(error: string | null) => void>();

  const finish = (events: UplinkEvents, reason: string, refused = false): void => {
    if (closed) return;
    closed = true;
    givenUp.abort(new Error(reason));
    client?.end(true);
    for (const done of [...pending]) done(reason);
    events.onClose(reason, refused);
  };

  return {
    connect(options, events) {
      let reason = 'closed by the relay';
      let secure = false;
      let refused = false;
      leave = (why) => {
        // The package would say it only when all is acknowledged, which is what this does not wait for.
        if (client?.connected && !closed) client.stream.write(DISCONNECT);
        finish(events, why);
      };
      const begin = (made: MqttClient) => {
        client = made;
        made.on('error', (error) => {
          reason = error.message;
          refused = !secure && isRefusal(error);
        });
        made.on('close', () => finish(events, reason, refused));
        made.on('connect', () => {
          made.subscribe([...options.subscribe], { qos: 1 }, (error) => {
            if (closed) return;
            if (error) finish(events, `subscribe: ${error.message}`);
            else events.onOpen();
          });
        });
        made.on('message', (topic, payload) => {
          events.onMessage(topic, new Uint8Array(payload.buffer, payload.byteOffset, payload.length));
        });
      };
      try {
        const ours = tlsOptions(tls, options.relay.host, options.relay.port);
        const relay = addressText(options.relay);
        const session = sessions?.of(relay, ours);
        const withSession = { ...ours, ...(session ? { session } : {}) };
        const onTls = (socket: TLSSocket) => {
          sessions?.follow(relay, ours, socket);
          socket.once('secureConnect', () => {
            secure = true;
          });
        };
        const proxy = proxyOf(options.relay);
        if (options.relay.path === undefined && proxy === null) {
          const made = connect({ ...packetOptions(options), ...withSession });
          if (made.stream instanceof TLSSocket) onTls(made.stream);
          begin(made);
          return;
        }
        const late = setTimeout(() => finish(events, 'no connection in time'), CONNECT_TIMEOUT_MS);
        const { signal } = givenUp;
        openLine({ relay: options.relay, proxy, tls: withSession, onTls, signal })
          .finally(() => clearTimeout(late))
          .then(
            (stream) => {
              if (closed) stream.destroy();
              else begin(new MqttClient(() => stream, packetOptions(options)));
            },
            (error: Error) => finish(events, error.message, !secure && isRefusal(error)),
          );
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        queueMicrotask(() => finish(events, why));
      }
    },

    publish(topic, payload, options, done) {
      if (client === null || closed) {
        queueMicrotask(() => done('not connected'));
        return;
      }
      const once = (error: string | null): void => {
        if (pending.delete(once)) done(error);
      };
      pending.add(once);
      // A view, not a copy: the bytes are not changed after they are given away.
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      client.publish(topic, bytes, { qos: 1, retain: options.retain }, (error) => once(error ? error.message : null));
    },

    close(done) {
      givenUp.abort(new Error('closed'));
      if (client === null || closed) queueMicrotask(done);
      else client.end(false, {}, () => done());
    },

    leave: (reason) => leave(reason),
  };
}

/** What the way needs where it is not TLS alone costs memory only there. */
async function openLine(options: LineOptions): Promise<Duplex> {
  return (await import('./line/open.ts')).openLine(options);
}

/** A proxy that is not there, or says that the relay is not, is one that refuses a connection. */
function isRefusal(error: Error): boolean {
  if (!(error instanceof HeliographError)) return REFUSALS.has((error as NodeJS.ErrnoException).code);
  if (error.code === 'HG_PROXY_UNREACHABLE') return REFUSALS.has((error.cause as NodeJS.ErrnoException).code);
  return error.code === 'HG_PROXY_REFUSED' && NOBODY_THERE.has(error.facts.status as number);
}

function packetOptions(options: UplinkOptions) {
  return {
    clientId: options.clientId,
    keepalive: options.keepAliveSeconds,
    // Nothing is resumed from a session: what is not acknowledged comes from the spool again.
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    protocolVersion: 4 as const,
    will: {
      topic: options.lastWill.topic,
      payload: Buffer.from(options.lastWill.payload),
      qos: 1 as const,
      retain: options.lastWill.retain,
    },
  };
}

function tlsOptions(tls: TlsFiles, host: string, port: number) {
  return {
    protocol: 'mqtts' as const,
    host,
    port,
    // An address is not a server name in TLS; the certificate is then held against the address.
    servername: isIP(host) ? '' : host,
    ca: readPem(tls.ca),
    cert: readPem(tls.cert),
    key: readPem(tls.key),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3' as const,
  };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new HeliographError('HG_CERT_FILE', `${path} cannot be read`, { path }, error);
  }
}
