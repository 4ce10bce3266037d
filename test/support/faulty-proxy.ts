import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to answer in place of the server behind; null: let it through. */
export type Fault = (
  path: string,
  body: Buffer,
) => { status: number; headers?: Record<string, string>; body?: string } | null;

/** An HTTP server before a real one, which answers by itself where a test wants it to. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #behind: string;
  fault: Fault = () => null;
  /** Paths that came, with what was answered. */
  readonly seen: { path: string; status: number; at: number }[] = [];

  private constructor(behind: string) {
    this.#behind = behind;
    this.#server = createServer((incoming, outgoing) => void this.#answer(incoming, outgoing));
  }

  static async open(behind: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(behind);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often a path that ends so was answered with a status. */
  count(path: string, status: number): number {
    return this.seen.filter((one) => one.path.endsWith(path) && one.status === status).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const url = new URL(incoming.url!, this.#behind);
    const fault = this.fault(url.pathname, body);
    if (fault) {
      this.seen.push({ path: url.pathname, status: fault.status, at: performance.now() });
      outgoing.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    const onward = request(
      url,
      { method: incoming.method, headers: { ...incoming.headers, host: url.host } },
      (answer) => {
        this.seen.push({ path: url.pathname, status: answer.statusCode!, at: performance.now() });
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    // The one behind is down: so is this one.
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  }
}
