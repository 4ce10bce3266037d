import type { Server, Socket } from 'node:net';

/**
 * Takes no more connections and ends those that are. Resolves when all of them have told that they are closed: that comes after their servers' own
 * close, and until then it is not known what they had read.
 */
export async function closeConnections(servers: Iterable<Server>, sockets: Iterable<Socket>): Promise<void> {
  const closed = [...servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const socket of sockets) {
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
    socket.destroy();
  }
  await Promise.all(closed);
}
