import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One alert as a receiver got it. */
export interface ReceivedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
  readonly key: string;
}

/** A real HTTP server that takes notifications: a webhook, and an Alertmanager's door. */
export class AlertReceiver {
  readonly alerts: ReceivedAlert[] = [];
  readonly posted: { readonly path: string; readonly authorization: string | null; readonly body: unknown }[] = [];
  /** What it answers. */
  status = 200;
  requests = 0;
  #server: Server | null = null;

  async listen(): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.requests++;
        if (this.status === 200) {
          const body = JSON.parse(Buffer.concat(chunks).toString());
          this.posted.push({ path: request.url!, authorization: request.headers.authorization ?? null, body });
          if (!Array.isArray(body)) this.alerts.push(...body.alerts);
        }
        response.writeHead(this.status).end();
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(null)));
  }
}
