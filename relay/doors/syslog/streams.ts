import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { bind } from '../../../lib/bind.ts';
import type { DenyList } from '../../../lib/certificates/deny-list.ts';
import type { ServerCertificate } from '../../../lib/certificates/server-certificate.ts';
import { closeConnections } from '../../../lib/doors/close-connections.ts';
import type { Peer, Peers } from '../../../lib/doors/syslog/peers.ts';
import { peerOf } from '../../peer.ts';
import { Connection } from './connection.ts';
import type { SyslogMetrics } from './metrics.ts';
import type { Receiver } from './receiver.ts';

export interface StreamsOptions {
  readonly receiver: Receiver;
  readonly peers: Peers;
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  readonly idleMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly metrics: SyslogMetrics;
}

export interface TlsOptions {
  readonly certificate: ServerCertificate;
  readonly clients: 'none' | 'ask' | 'require';
  /** Names of certificates that may name hosts. */
  readonly anyHost: readonly string[];
  readonly deny: DenyList;
}

interface Listen {
  readonly host: string;
  readonly port: number;
}

/** A handshake takes a second or two on the slowest device. */
const HANDSHAKE_MS = 15_000;
const KEEP_ALIVE_MS = 60_000;
/** Of all connections, those that one address may have; of a bound below the least, all. */
const SHARE = 0.1;
const LEAST_SHARE = 100;

interface Certified {
  readonly serial: string;
  readonly notAfter: number;
}

/** The listeners of TCP and TLS, and all their connections. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #servers: Server[] = [];
  /** All sockets, those that shake hands too. */
  readonly #sockets = new Set<Socket>();
  /** How many of them each address has. */
  readonly #counts = new Map<string, number>();
  readonly #connections = new Map<Connection, { transport: 'tcp' | 'tls'; certified: Certified | null }>();
  /** Not read, because their senders have their share of what waits. */
  readonly #unfair = new Set<Connection>();
  #deny: DenyList | null = null;
  #paused = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
    const count = (wanted: string) =>
      [...this.#connections.values()].filter(({ transport }) => transport === wanted).length;
    options.metrics.connections.collect(() => [
      [{ transport: 'tcp' }, count('tcp')],
      [{ transport: 'tls' }, count('tls')],
    ]);
  }

  /** The port. @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
  async listen(at: Listen): Promise<number> {
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
      const peer = this.#admitted(socket, 'tcp');
      if (peer !== null) this.#serve(socket, peer, 'tcp', null);
    });
    return this.#bind(server, at, 'doors.syslog.tcp');
  }

  /** The same with TLS (RFC 5425). */
  async listenTls(at: Listen, { certificate, clients, anyHost, deny }: TlsOptions): Promise<number> {
    this.#deny = deny;
    const server = createTlsServer(
      {
        minVersion: 'TLSv1.2',
        requestCert: clients !== 'none',
        rejectUnauthorized: clients === 'require',
        handshakeTimeout: HANDSHAKE_MS,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
      },
      (socket) => {
        const certified = clients === 'none' ? null : this.#certified(socket, clients);
        if (certified === 'refused') return;
        const byAddress = this.#options.peers.of(socket.remoteAddress ?? '');
        const { address } = byAddress ?? { address: '' };
        const named = certified && { name: certified.host, anyHost: anyHost.includes(certified.host), certified: true };
        const peer = named ? { ...named, address } : byAddress;
        if (peer === null) socket.destroy();
        else this.#serve(socket, peer, 'tls', certified);
      },
    );
    await certificate.serve(server);
    server.on('connection', (socket) => this.#admitted(socket, 'tls'));
    server.on('tlsClientError', (_, socket) => {
      this.#refuse('tls', 'handshake');
      socket.destroy();
    });
    return this.#bind(server, at, 'doors.syslog.tls.listen');
  }

  /** There is room again. */
  resume(): void {
    this.#paused = false;
    this.#unfair.clear();
    for (const connection of this.#connections.keys()) connection.resume();
  }

  /** Some of what waited is in the journal: who had too much of it may have room again. */
  resumeShares(): void {
    if (this.#paused) return;
    for (const connection of this.#unfair) {
      if (this.#options.receiver.unfair(connection.peer)) continue;
      this.#unfair.delete(connection);
      connection.resume();
    }
  }

  /** Closes connections whose certificate is on the deny list by now, or has ended. */
  sweep(): void {
    const denied = this.#deny?.serials();
    for (const [{ socket }, { certified }] of this.#connections) {
      if (certified === null) continue;
      if (!denied?.has(certified.serial) && certified.notAfter > this.#options.now()) continue;
      this.#refuse('tls', 'certificate');
      socket.destroy();
    }
  }

  /** Resolves when all connections have ended, and the receiver has the parts of messages that they left. */
  async close(): Promise<void> {
    // Those of TLS come after what they stand on.
    const served = [...this.#connections.keys()].map(({ socket }) => socket);
    await closeConnections(this.#servers, [...this.#sockets, ...served]);
  }

  async #bind(server: Server, at: Listen, key: string): Promise<number> {
    await bind(server, { ...at, key, exclusive: true });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** The peer of a new connection, which counts from now on; null: it was closed. */
  #admitted(socket: Socket, transport: 'tcp' | 'tls'): Peer | null {
    // A connection that breaks is no event: what came of it is taken.
    socket.on('error', () => socket.destroy());
    const peer = this.#options.peers.of(socket.remoteAddress ?? '');
    const why = peer === null ? 'not_allowed' : this.#whyNoRoom(peer.address);
    if (peer === null || why !== null) {
      this.#refuse(transport, why!);
      socket.destroy();
      return null;
    }
    const { address } = peer;
    this.#sockets.add(socket);
    this.#counts.set(address, this.#countOf(address) + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = this.#countOf(address) - 1;
      if (left > 0) this.#counts.set(address, left);
      else this.#counts.delete(address);
    });
    return peer;
  }

  #countOf(address: string): number {
    return this.#counts.get(address) ?? 0;
  }

  #whyNoRoom(address: string): 'too_many' | 'too_many_of_address' | null {
    const { maxConnections } = this.#options;
    if (this.#sockets.size >= maxConnections) return 'too_many';
    return this.#countOf(address) >= Math.max(maxConnections * SHARE, LEAST_SHARE) ? 'too_many_of_address' : null;
  }

  #certified(socket: TLSSocket, clients: 'ask' | 'require'): (Certified & { host: string }) | null | 'refused' {
    const shown = socket.getPeerX509Certificate() !== undefined;
    if (!shown && clients === 'ask') return null;
    const peer = socket.authorized ? peerOf(socket) : 'not of our authority';
    if (typeof peer !== 'string' && !this.#deny!.serials().has(peer.serial)) return peer;
    this.#refuse('tls', 'certificate');
    socket.destroy();
    return 'refused';
  }

  #serve(socket: Socket, peer: Peer, transport: 'tcp' | 'tls', certified: Certified | null): void {
    const { receiver, maxMessageBytes, idleMs } = this.#options;
    const connection = new Connection(socket, {
      transport,
      peer,
      receiver,
      maxMessageBytes,
      idleMs,
      onIdle: () => this.#refuse(transport, 'idle'),
      onFull: () => this.#pause(),
      onShare: (one) => {
        one.pause();
        this.#options.metrics.pauses.inc();
        this.#unfair.add(one);
      },
    });
    socket.on('error', () => socket.destroy());
    this.#connections.set(connection, { transport, certified });
    socket.once('close', () => {
      this.#connections.delete(connection);
      this.#unfair.delete(connection);
    });
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#options.metrics.pauses.inc();
    for (const connection of this.#connections.keys()) connection.pause();
  }

  #refuse(transport: 'tcp' | 'tls', reason: string): void {
    this.#options.metrics.refusedConnections.inc({ transport, reason });
  }
}
