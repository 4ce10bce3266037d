import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import { HeliographError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { Admission } from './admission.ts';
import { readHello } from './client-hello.ts';
import type { RelayConfig } from './config.ts';
import { changeDetector } from './file-watch.ts';
import { HandshakeRate } from './handshake-rate.ts';
import { TICKET_SECONDS, TicketKeys } from './ticket-keys.ts';

/** How long a handshake may take, ms, from the client's turn on. */
const HANDSHAKE_MS = 20_000;

/** The TLS port: TLS 1.3, client certificates required, handshakes admitted at a rate, certificates read again when they change. */
export interface Listener {
  readonly port: number;
  /** Handshakes that wait for their turn. */
  waiting(): number;
  /** Handshakes that are admitted in a second, now. */
  rate(): number;
  /** Looks whether the certificate files changed, and takes the new ones for new connections. True if they did. */
  refresh(): boolean;
  /** Takes no new connections; those that wait for their handshake end. */
  stop(): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface ListenerEvents {
  onSocket(socket: TLSSocket): void;
  onRefused(reason: 'handshake' | 'admission', error: Error | null): void;
}

export async function openListener(
  config: Pick<RelayConfig, 'mqtt' | 'tls' | 'limits' | 'dataDir'>,
  clock: Clock,
  log: Logger,
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
        sessionTimeout: TICKET_SECONDS,
      };
    } catch (cause) {
      throw new HeliographError('HG_CERT_FILE', String(cause), { ...config.tls }, cause);
    }
  };
  const options = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_MS, noDelay: true };
  const files = read();
  let authority = files.ca;
  const keys = new TicketKeys({
    path: join(config.dataDir, 'ticket-keys.json'),
    ca: authority,
    now: () => clock.now(),
    log,
  });
  /** TLS with one ticket key, which is all that one server can have. */
  const withKey = (ticketKeys: Buffer): TlsServer => {
    const tls = createTlsServer({ ...files, ...options, ticketKeys });
    tls.on('secureConnection', events.onSocket);
    tls.on('tlsClientError', (error) => events.onRefused('handshake', error));
    return tls;
  };
  let current: TlsServer;
  let previous: TlsServer;
  try {
    current = withKey(keys.current);
    previous = withKey(keys.previous ?? keys.current);
  } catch (cause) {
    const { cert, key } = config.tls;
    const detail = `${cert} and ${key} are not a certificate and its key: ${String(cause)}`;
    throw new HeliographError('HG_CERT_FILE', detail, { cert, key }, cause);
  }
  const takeKeys = () => {
    current.setTicketKeys(keys.current);
    previous.setTicketKeys(keys.previous ?? keys.current);
  };
  const { handshakesPerSecond, leastHandshakesPerSecond, mostHandshakesPerSecond, handshakeBurst, loopDelay } =
    config.limits;
  const admission = new Admission({
    rate: new HandshakeRate(
      {
        start: handshakesPerSecond,
        least: leastHandshakesPerSecond,
        most: mostHandshakesPerSecond,
        delayMs: loopDelay,
      },
      clock.mono(),
    ),
    burst: handshakeBurst,
    clock,
    admit: (socket) =>
      whenHelloIsHere(socket, {
        onHello: (ticketKey) => {
          const tls = ticketKey !== null && keys.isPrevious(ticketKey) ? previous : current;
          tls.emit('connection', socket);
        },
        onLate: () => events.onRefused('handshake', new Error('no ClientHello')),
      }),
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
    rate: () => admission.rate,
    refresh: () => {
      if (!changed()) {
        if (keys.renew(authority)) takeKeys();
        return false;
      }
      const files = read();
      current.setSecureContext(files);
      previous.setSecureContext(files);
      authority = files.ca;
      keys.renew(authority);
      takeKeys();
      return true;
    },
    stop: () => {
      server.close();
      admission.close();
    },
    close: async () => {
      const ends = [...open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of open) socket.destroy();
      await Promise.all(ends);
    },
  };
}

/** Waits for a connection's ClientHello, puts it back unread, and says which ticket key it names. */
function whenHelloIsHere(
  socket: Socket,
  events: { onHello(ticketKey: Uint8Array | null): void; onLate(): void },
): void {
  let bytes: Buffer | null = null;
  const look = () => {
    const more = socket.read() as Buffer | null;
    if (more === null) return;
    bytes = bytes === null ? more : Buffer.concat([bytes, more]);
    const hello = readHello(bytes);
    if (!hello.whole) return;
    socket.removeListener('readable', look);
    socket.removeListener('timeout', late);
    socket.setTimeout(0);
    socket.unshift(bytes);
    events.onHello(hello.ticketKey);
  };
  const late = () => {
    socket.destroy();
    events.onLate();
  };
  socket.setTimeout(HANDSHAKE_MS, late);
  socket.on('readable', look);
  socket.read(0);
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
