import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
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

/** A request that was taken. */
export interface Posted {
  /** ms since the epoch */
  readonly at: number;
  readonly path: string;
  readonly authorization: string | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A real HTTP server that takes notifications: a webhook, and an Alertmanager's door. */
export class AlertReceiver {
  readonly alerts: ReceivedAlert[] = [];
  readonly posted: Posted[] = [];
  /** What it answers. */
  status = 200;
  /** What it answers to a body; null: `status`. */
  statusOf: ((body: unknown) => number) | null = null;
  /** It takes requests and answers none, until `letGo`. */
  hangs = false;
  requests = 0;
  readonly #hanging: ServerResponse[] = [];
  #server: Server | null = null;

  async listen(port = 0): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.requests++;
        const text = Buffer.concat(chunks).toString();
        const status = this.statusOf ? this.statusOf(JSON.parse(text)) : this.status;
        if (status === 200) {
          const body = JSON.parse(text);
          const { authorization = null } = request.headers;
          this.posted.push({ at: Date.now(), path: request.url!, authorization, headers: request.headers, body });
          if (!Array.isArray(body)) this.alerts.push(...(body.alerts ?? []));
        }
        if (this.hangs) this.#hanging.push(response);
        else response.writeHead(status).end();
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  /** Answers what hangs. */
  letGo(): void {
    this.hangs = false;
    for (const response of this.#hanging.splice(0)) response.writeHead(this.status).end();
  }

  /** Status and instance of each alert, in the order they came: `firing a`. */
  get told(): string[] {
    return this.alerts.map(({ status, labels }) => `${status} ${labels.instance}`);
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(null)));
  }
}
