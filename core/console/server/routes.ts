import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PageModules, type Served } from '../../../lib/page/modules.ts';
import { pageDocument } from './document.ts';
import { libraries } from './libraries.ts';
import { promqlWords } from './promql-words.ts';

/** Where the page's views stand in the address bar; each gets the same document. */
const VIEWS = [
  '/',
  '/fleet',
  '/host/:host',
  '/explore',
  '/logs',
  '/alerts',
  '/silences',
  '/rules',
  '/ledger',
  '/deadletters',
  '/limits',
  '/levels',
];

const PAGE = fileURLToPath(new URL('../page', import.meta.url));

/** The console: one document for all views, the page's modules without their types, and the libraries they import. */
export function addConsoleRoutes(app: FastifyInstance, folder = PAGE): void {
  const modules = new PageModules(folder);
  const packaged = libraries();
  const { html, headers } = pageDocument(modules.names().filter((name) => name.endsWith('.ts')));
  const guard = (reply: FastifyReply) => reply.headers(headers);

  for (const path of VIEWS) {
    app.get(path, async (_, reply) => guard(reply).type('text/html; charset=utf-8').send(html));
  }
  // What the query field offers is what the core evaluates.
  app.get('/console/words.json', async () => ({ data: promqlWords() }));
  app.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
    const name = request.params['*'];
    const file = name.startsWith('lib/') ? packaged.get(name.slice(4)) : modules.get(name);
    return file ? give(request, guard(reply), file) : reply.callNotFound();
  });
}

/** With the bytes' own name: a browser that has them is told so in a few bytes, and one that has older ones gets these. */
function give(request: FastifyRequest, reply: FastifyReply, file: Served): FastifyReply {
  reply.header('etag', file.etag).header('cache-control', 'no-cache').type(file.type);
  return request.headers['if-none-match'] === file.etag ? reply.code(304).send() : reply.send(file.content);
}
