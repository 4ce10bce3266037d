import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a port that can be cut off and opened again, with the same address. */
export class CuttableWay {
  readonly #to: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #pulled = false;

  constructor(to: number) {
    this.#to = to;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const server = createServer((socket) => {
      const other = connect(this.#to, '127.0.0.1');
      for (const [one, peer] of [
        [socket, other],
        [other, socket],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => peer.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          peer.destroy();
        });
        if (this.#pulled) one.resume();
        else one.pipe(peer);
      }
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** What is sent gets lost, and nobody is told: a network that is pulled. New connections are not answered either. */
  pull(): void {
    this.#pulled = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      // What comes is read and thrown away, as by a wire that ends nowhere.
      socket.resume();
    }
  }

  /** What was connected before is gone; who comes now gets through. */
  plug(): void {
    this.#pulled = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nobody gets through, and who is there is thrown out. */
  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
