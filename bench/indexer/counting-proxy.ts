import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CountingProxy {
  readonly port: number;
  /** Bytes from who connects, and back to it. */
  readonly up: number;
  readonly down: number;
  close(): Promise<void>;
}

/** Stands before a server on loopback and counts the bytes of all connections. */
export async function countingProxy(behind: number): Promise<CountingProxy> {
  const open = new Set<Socket>();
  const counts = { up: 0, down: 0 };
  const server = createServer((near) => {
    const far = connect(behind, '127.0.0.1');
    for (const [from, to, way] of [
      [near, far, 'up'],
      [far, near, 'down'],
    ] as const) {
      open.add(from);
      from.on('data', (chunk) => {
        counts[way] += chunk.length;
      });
      from.pipe(to);
      // One end that breaks takes the other with it; who talks over it hears of it.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get up() {
      return counts.up;
    },
    get down() {
      return counts.down;
    },
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
