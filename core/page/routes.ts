import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const FILES = [
  ['/', 'page.html', 'text/html; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
] as const;

/** Nothing but our own files and our own API; nobody may frame it; no inline script or style. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/`: who is there, the ledger in words, queries and search to try. */
export function addPageRoutes(app: FastifyInstance): void {
  for (const [path, file, type] of FILES) {
    const content = readFileSync(fileURLToPath(new URL(file, import.meta.url)));
    app.get(path, async (_, reply) =>
      reply
        .header('content-security-policy', POLICY)
        .header('referrer-policy', 'no-referrer')
        .header('x-frame-options', 'DENY')
        .type(type)
        .send(content),
    );
  }
}
