import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ServerCertificate } from '../../../lib/certificates/server-certificate.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { RelayConfig } from '../../config.ts';
import { admitHandshakes } from '../../handshakes.ts';

export interface DeviceListenerOptions {
  /** Null: without TLS. */
  readonly certificate: ServerCertificate | null;
  readonly connections: number;
  /** What the collectors' ports are told of handshakes. */
  readonly limits: RelayConfig['limits'];
  /** For a first packet, and for a handshake from its turn on, ms. */
  readonly handshakeMs: number;
  readonly clock: Clock;
  /** Each connection, its handshake done. */
  readonly serve: (socket: Socket) => void;
  /** A handshake went wrong. */
  readonly onError: () => void;
  /** There is no room for one more, or not soon enough. */
  readonly onFull: () => void;
}

/** Listens for devices, once it is bound. */
export interface DeviceListener {
  readonly server: Server;
  /** Handshakes that wait for their turn. */
  waiting(): number;
  /** Those that wait end. */
  close(): void;
}

/**
 * A server for devices. With TLS its handshakes are admitted as those of collectors are: ten thousand devices that come back at once cost a handshake each, and who
 * is connected already is to be served meanwhile.
 */
export async function deviceListener(options: DeviceListenerOptions): Promise<DeviceListener> {
  const { certificate, connections, serve, onFull } = options;
  const { server, admission } =
    certificate === null
      ? { server: createServer({ noDelay: true }, serve), admission: null }
      : await withTls(certificate, options);
  server.maxConnections = connections;
  server.on('drop', onFull);
  return {
    server,
    waiting: () => admission?.waiting ?? 0,
    close: () => admission?.close(),
  };
}

async function withTls(certificate: ServerCertificate, options: DeviceListenerOptions) {
  const { limits, handshakeMs, clock, serve, onError, onFull } = options;
  const asked = { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const;
  const tls = createTlsServer({ ...asked, handshakeTimeout: handshakeMs, noDelay: true }, (socket) => {
    done(socket);
    serve(socket);
  });
  tls.on('tlsClientError', onError);
  await certificate.serve(tls);
  const begin = (socket: Socket) => void tls.emit('connection', socket);
  const { admission, done } = admitHandshakes({ limits, handshakeMs, clock, begin, onRefused: onError, onFull });
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // Until TLS takes it over, an error of a waiting socket has no other listener.
    socket.on('error', () => socket.destroy());
    admission.arrive(socket);
  });
  return { server, admission };
}
