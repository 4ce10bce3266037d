import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { bind, type Listen } from '../lib/bind.ts';
import { GIVEN_UP_MS } from './admission.ts';

/** Connections that the system holds until this process has its turn: ten thousand collectors come back at once. */
const BACKLOG = 4096;

/** The ports that collectors knock at: several, with one room to wait in. */
export interface Port {
  /** Its numbers, in the order of the addresses. */
  readonly ports: readonly number[];
  /** Connections that were refused because so many waited already. */
  readonly refused: number;
  /** Hands connections on, those that waited first and in the order they came; unread, each with when it came and a listener for errors. Called once. */
  serve(take: (socket: Socket, since: number) => void): void;
  /** Takes no new connections. */
  stop(): void;
  /** Takes no new connections, and ends all that there are. */
  close(): Promise<void>;
}

/**
 * Opens the ports before anybody can be served. A relay that starts again reads its journal first, and ten thousand collectors
 * knock meanwhile: each that is refused waits longer before it comes again, each that finds the port open only until the relay
 * is there. So many wait unread; the next ones are refused.
 * @param most connections that wait here
 * @param now ms of a clock that does not step
 * @throws HeliographError HG_PORT_TAKEN
 */
export async function openPort(at: readonly Listen[], most: number, now: () => number): Promise<Port> {
  const open = new Set<Socket>();
  const early: { readonly socket: Socket; readonly since: number }[] = [];
  let refused = 0;
  let take: ((socket: Socket, since: number) => void) | null = null;
  const knock = (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // Until TLS takes it over, an error of a waiting socket has no other listener.
    socket.on('error', () => socket.destroy());
    if (take) {
      take(socket, now());
      return;
    }
    early.push({ socket, since: now() });
    if (early.length <= most) return;
    refused++;
    // Who has given up keeps nobody out. Nothing is read here, so nothing else says that it went.
    const gone = now() - early[0]!.since > GIVEN_UP_MS;
    (gone ? early.shift() : early.pop())!.socket.destroy();
  };
  const servers: Server[] = [];
  const stop = () => {
    for (const server of servers) server.close();
  };
  try {
    for (const one of at) {
      const server = createServer({ pauseOnConnect: true, noDelay: true }, knock);
      await bind(server, one, BACKLOG);
      servers.push(server);
    }
  } catch (error) {
    stop();
    throw error;
  }
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    get refused() {
      return refused;
    },
    serve: (its) => {
      take = its;
      for (const { socket, since } of early.splice(0)) its(socket, since);
    },
    stop,
    close: async () => {
      stop();
      const ends = [...open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of open) socket.destroy();
      await Promise.all(ends);
    },
  };
}
