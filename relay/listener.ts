import { readFileSync } from 'node:fs';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import { HeliographError } from '../lib/errors.ts';
import { changeDetector } from '../lib/file-watch.ts';
import type { RelayConfig } from './config.ts';
import { admitHandshakes } from './handshakes.ts';
import { listensOf } from './listens.ts';
import { openPort, type Port } from './port.ts';
import { TICKET_SECONDS, type TicketKeySource } from './ticket-keys.ts';

/** How long a handshake may take, ms, from the client's turn on. */
const HANDSHAKE_MS = 20_000;

/** The TLS ports: TLS 1.3, client certificates required, handshakes admitted at a rate, certificates read again when they change. */
export interface Listener {
  /** In the order of `listensOf`. */
  readonly ports: readonly number[];
  /** Handshakes that wait for their turn. */
  waiting(): number;
  /** Handshakes that are admitted in a second, now. */
  rate(): number;
  /** Looks whether the certificate files changed, and takes the new ones for new connections. True if it took them; where it throws it tries again with the next call. */
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
  config: Pick<RelayConfig, 'mqtt' | 'websocket' | 'tls' | 'limits' | 'dataDir'>,
  clock: Clock,
  events: ListenerEvents,
  /** What tickets are sealed with, once the authorities' certificates are read. */
  ticketKeys: (authority: Uint8Array) => TicketKeySource,
  handshakeMs = HANDSHAKE_MS,
  /** The port, where it is open already and collectors wait there. */
  early: Port | null = null,
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
  const options = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: handshakeMs, noDelay: true };
  const files = read();
  let authority = files.ca;
  const keys = ticketKeys(authority);
  /** TLS with one ticket key, which is all that one server can have. */
  const withKey = (ticketKeys: Buffer): TlsServer => {
    const tls = createTlsServer({ ...files, ...options, ticketKeys });
    tls.on('secureConnection', (socket) => {
      done(socket);
      events.onSocket(socket);
    });
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
  const { admission, done } = admitHandshakes({
    limits: config.limits,
    handshakeMs,
    clock,
    begin: (socket, ticketKey) => {
      const tls = ticketKey !== null && keys.isPrevious(ticketKey) ? previous : current;
      tls.emit('connection', socket);
    },
    onRefused: (error) => events.onRefused('handshake', error),
    onFull: () => events.onRefused('admission', null),
  });
  const port = early ?? (await openPort(listensOf(config), 0, () => clock.mono()));
  port.serve((socket, since) => admission.arrive(socket, since));
  /** The files changed, and are not in use yet: half a renewal is tried again until it is whole. */
  let due = false;
  const changed = changeDetector([config.tls.ca, config.tls.cert, config.tls.key]);
  return {
    ports: port.ports,
    waiting: () => admission.waiting,
    rate: () => admission.rate,
    refresh: () => {
      if (changed()) due = true;
      if (!due) {
        if (keys.renew(authority)) takeKeys();
        return false;
      }
      const files = read();
      current.setSecureContext(files);
      previous.setSecureContext(files);
      due = false;
      authority = files.ca;
      keys.renew(authority);
      takeKeys();
      return true;
    },
    stop: () => {
      port.stop();
      admission.close();
    },
    close: () => port.close(),
  };
}
