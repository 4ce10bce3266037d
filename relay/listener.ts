import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import { HeliographError } from '../lib/errors.ts';
import { Admission } from './admission.ts';
import type { RelayConfig } from './config.ts';
import { changeDetector } from './file-watch.ts';

/** The TLS port: TLS 1.3, client certificates required, handshakes admitted at a rate, certificates read again when they change. */
export interface Listener {
  readonly port: number;
  /** Handshakes that wait for their turn. */
  waiting(): number;
  /** Looks whether the certificate files changed, and takes the new ones for new connections. True if they did. */
  refresh(): boolean;
  close(): Promise<void>;
}

export interface ListenerEvents {
  onSocket(socket: TLSSocket): void;
  onRefused(reason: 'handshake' | 'admission', error: Error | null): void;
}

export async function openListener(
  config: Pick<RelayConfig, 'mqtt' | 'tls' | 'limits'>,
  clock: Clock,
  events: ListenerEvents,
): Promise<Listener> {
  const read = () => {
    try {
      return {
        ca: readFileSync(config.tls.ca),
        cert: readFileSync(config.tls.cert),
        key: readFileSync(config.tls.key),
        minVersion: 'TLSv1.3' as const,
        sessionIdContext: 'heliograph-relay',
      };
    } catch (cause) {
      throw new HeliographError('HG_CERT_FILE', String(cause), { ...config.tls }, cause);
    }
  };
  const options = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: 20_000, noDelay: true };
  const files = read();
  let tls: ReturnType<typeof createTlsServer>;
  try {
    tls = createTlsServer({ ...files, ...options });
  } catch (cause) {
    const { cert, key } = config.tls;
    const detail = `${cert} and ${key} are not a certificate and its key: ${String(cause)}`;
    throw new HeliographError('HG_CERT_FILE', detail, { cert, key }, cause);
  }
  tls.on('secureConnection', events.onSocket);
  tls.on('tlsClientError', (error) => events.onRefused('handshake', error));
  const admission = new Admission({
    rate: config.limits.handshakesPerSecond,
    burst: config.limits.handshakeBurst,
    clock,
    admit: (socket) => tls.emit('connection', socket),
    refuse: (socket) => {
      socket.destroy();
      events.onRefused('admission', null);
    },
  });
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // Until TLS takes it over, an error of a waiting socket has no other listener.
    socket.on('error', () => socket.destroy());
    admission.arrive(socket);
  });
  await listen(server, config.mqtt.listen);
  const changed = changeDetector([config.tls.ca, config.tls.cert, config.tls.key]);
  return {
    port: (server.address() as AddressInfo).port,
    waiting: () => admission.waiting,
    refresh: () => {
      if (!changed()) return false;
      tls.setSecureContext(read());
      return true;
    },
    close: () =>
      new Promise((resolve) => {
        admission.close();
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function listen(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') reject(error);
      else {
        const detail = `${at.host}:${at.port}; stop the other program or set mqtt.listen to another port`;
        reject(new HeliographError('HG_PORT_TAKEN', detail, { ...at }, error));
      }
    });
    server.listen({ host: at.host, port: at.port, backlog: 4096 }, () => resolve());
  });
}
