import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bind } from '../lib/bind.ts';
import { HeliographError } from '../lib/errors.ts';

/** What a path answers. */
export type Page = (parameters: URLSearchParams) => Answer | Promise<Answer>;

/** By path with its parameters; one that takes any is named with a `?` at its end. */
export type Pages = Readonly<Record<string, Page>>;

export interface Answer {
  readonly type: string;
  readonly body: string;
  /** HTTP's; 200 where it is not given. */
  readonly status?: number;
  /** Besides the type. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(value: unknown): Answer {
  return jsonText(JSON.stringify(value));
}

/** @param body JSON already */
export function jsonText(body: string): Answer {
  return { type: 'application/json', body };
}

/** @param body in Prometheus' text format */
export function metricsText(body: string): Answer {
  return { type: 'text/plain; version=0.0.4; charset=utf-8', body };
}

export interface HttpDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** The page of a request's target; null: there is none. */
export function pageAt(pages: Pages, url: string): (() => Answer | Promise<Answer>) | null {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const name = [url, `${path}?`].find((one) => Object.hasOwn(pages, one));
  if (name === undefined) return null;
  return () => pages[name]!(new URLSearchParams(at < 0 ? '' : url.slice(at + 1)));
}

/** Read-only pages for scrapers and people on a loopback port. */
export async function openHttp(at: { host: string; port: number }, pages: Pages): Promise<HttpDoor> {
  const server = createServer((request, response) => {
    const page = request.method === 'GET' ? pageAt(pages, request.url ?? '') : null;
    if (!page) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(`Pages: ${Object.keys(pages).join(' ')}\n`);
      return;
    }
    Promise.resolve()
      .then(page)
      .then(
        ({ type, body, status = 200, headers }) =>
          response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body),
        (error) => {
          const status = error instanceof HeliographError && error.code === 'HG_API_PARAMETER' ? 400 : 500;
          response.writeHead(status, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`);
        },
      );
  });
  await bind(server, { ...at, key: 'http.listen' });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
