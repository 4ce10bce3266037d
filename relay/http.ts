import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeliographError } from '../lib/errors.ts';

/** What a path answers. */
export type Page = () => Answer | Promise<Answer>;

interface Answer {
  readonly type: string;
  readonly body: string;
  /** HTTP's; 200 where it is not given. */
  readonly status?: number;
}

export interface HttpDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Read-only pages for scrapers and people on a loopback port. */
export async function openHttp(
  at: { host: string; port: number },
  pages: Readonly<Record<string, Page>>,
): Promise<HttpDoor> {
  const server = createServer((request, response) => {
    const page = Object.hasOwn(pages, request.url ?? '') ? pages[request.url!] : undefined;
    if (request.method !== 'GET' || !page) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(`Pages: ${Object.keys(pages).join(' ')}\n`);
      return;
    }
    Promise.resolve()
      .then(page)
      .then(
        ({ type, body, status = 200 }) =>
          response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body),
        (error) => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`),
      );
  });
  await listen(server, at);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const detail = `${at.host}:${at.port}; stop the other program or set http.listen to another port`;
      reject(error.code === 'EADDRINUSE' ? new HeliographError('HG_PORT_TAKEN', detail, { ...at }, error) : error);
    });
    server.listen(at.port, at.host, () => resolve());
  });
}
