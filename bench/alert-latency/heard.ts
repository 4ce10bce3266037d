import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../test/support/until.ts';

/** An alert as a webhook got it. */
export interface HeardAlert {
  readonly name: string;
  readonly instance: string;
  readonly status: 'firing' | 'resolved';
  readonly value: number;
  /** When it came, ms since the epoch. */
  readonly at: number;
}

/** A webhook that writes down what it hears, and when. */
export class Heard {
  readonly #server: Server;
  readonly alerts: HeardAlert[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const at = Date.now();
        response.end();
        for (const { labels, status, value } of JSON.parse(body).alerts) {
          const instance = labels.instance ?? labels.relay ?? labels.watch ?? '';
          this.alerts.push({ name: labels.alertname, instance, status, value: Number(value), at });
        }
      });
    });
  }

  static async open(): Promise<Heard> {
    const heard = new Heard();
    await new Promise<void>((resolve) => heard.#server.listen(0, '127.0.0.1', resolve));
    return heard;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** The first of a host that came after a moment. */
  first(
    name: string,
    instance: string,
    status: HeardAlert['status'],
    after: number,
    withinMs: number,
  ): Promise<HeardAlert> {
    const is = (one: HeardAlert) =>
      one.name === name && one.instance === instance && one.status === status && one.at >= after;
    return until(`${name} of ${instance} is ${status}`, () => this.alerts.find(is), { withinMs, everyMs: 20 });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
