import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** An HTTP proxy that does CONNECT and nothing else, on an ephemeral port of loopback. */
export class ConnectProxy {
  readonly #server: Server;
  readonly #tunnels = new Set<Socket>();
  /** What Proxy-Authorization must be; null: it lets everybody in. */
  authorization: string | null = null;
  /** A status that is answered to everybody. */
  status: number | null = null;
  /** Whereto tunnels were made, in order. */
  readonly made: string[] = [];

  private constructor() {
    this.#server = createServer();
    this.#server.on('connect', ({ url = '', headers }, client, head) => {
      this.#hold(client as Socket);
      const refuse = (status: number, reason: string) =>
        client.end(`HTTP/1.1 ${status} ${reason}\r\nContent-Length: 0\r\n\r\n`);
      if (this.authorization !== null && headers['proxy-authorization'] !== this.authorization) {
        refuse(407, 'Proxy Authentication Required');
        return;
      }
      if (this.status !== null) {
        refuse(this.status, 'As Told');
        return;
      }
      const at = url.lastIndexOf(':');
      const relay = connect({ host: url.slice(0, at), port: Number(url.slice(at + 1)) });
      this.#hold(relay);
      let open = false;
      relay.once('connect', () => {
        open = true;
        this.made.push(url);
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        if (head.length > 0) relay.write(head);
        client.pipe(relay).pipe(client);
      });
      relay.once('close', () => {
        if (open) client.destroy();
        else refuse(502, 'Bad Gateway');
      });
      client.once('close', () => relay.destroy());
    });
  }

  static async open(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all tunnels in the middle of whatever they carry. */
  breakAll(): void {
    for (const socket of this.#tunnels) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.breakAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #hold(socket: Socket): void {
    this.#tunnels.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#tunnels.delete(socket));
  }
}
