import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import fastify from 'fastify';
import type { DenyList } from '../../lib/certificates/deny-list.ts';
import { normalSerial } from '../../lib/certificates/revocation.ts';
import type { ServerCertificate } from '../../lib/certificates/server-certificate.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { LetterDesk } from '../letters/desk.ts';
import type { ApiAnswer, ApiQuestion } from './api-question.ts';
import { addLetterRoutes } from './letters.ts';
import { type OwnState, stateFor } from './state.ts';

export interface PeerServerOptions {
  readonly own: OwnState;
  readonly letters: LetterDesk;
  /** This process' own API; null: it has no alerts. */
  readonly askApi: (question: ApiQuestion) => Promise<ApiAnswer | null>;
  readonly listen: { readonly host: string; readonly port: number };
  readonly certificate: ServerCertificate;
  readonly deny: DenyList;
  readonly log: Logger;
}

export interface PeerServer {
  readonly port: number;
  /** Ends what a peer whose certificate was revoked still reads. */
  dropRevoked(): void;
  close(): Promise<void>;
}

/** How long a question for sequences waits for the bus. */
const PATIENCE_MS = 10_000;
/** Lines that wait for a console that does not keep up are left out: it is a live tail, and the store has them. */
const TAIL_BYTES = 4 << 20;

/**
 * Where the console of a split core asks this process: HTTPS, and only a certificate of role core is let in.
 * @throws HeliographError HG_PORT_TAKEN
 */
export async function openPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const { own, letters, listen, certificate, deny, log } = options;
  const app = fastify({ logger: false, bodyLimit: 64 << 20, https: { requestCert: true, rejectUnauthorized: true } });
  await certificate.serve(app.server);
  /** Requests that never end: their certificates are looked at again and again. */
  const tails = new Set<TLSSocket>();
  app.addHook('onRequest', async (request, reply) => {
    const why = refusal(request.raw.socket as TLSSocket, deny);
    if (why === null) return;
    log.warn('a peer was refused', { peer: request.ip, why });
    return reply.code(403).send({ error: why });
  });
  app.get<{ Querystring: { run?: string; hosts?: string; gaps?: string } }>('/peer/v1/state', async ({ query }) =>
    stateFor(own, { run: query.run ?? '', hosts: Number(query.hosts ?? 0), gaps: Number(query.gaps ?? -1) }),
  );
  app.get('/peer/v1/sequences', async () => {
    await own.accounts.indexed(PATIENCE_MS);
    return own.accounts.sequences();
  });
  app.put<{ Body: { documents: ReturnType<OwnState['desired']['all']> } }>('/peer/v1/desired', async ({ body }) => {
    const hosts = own.desired.adopt(body.documents);
    for (const host of hosts) own.fleet.sendDesired(host);
    return { hosts };
  });
  app.put<{ Body: { rows: unknown } }>('/peer/v1/levels', async ({ body }) => {
    const orders = own.desired.levels.adopt(body.rows);
    if (orders.length > 0) own.levels.tell(orders);
    return { orders: orders.length };
  });
  app.put<{ Body: { rows: unknown } }>('/peer/v1/orders', async ({ body }) => {
    own.orders.adopt(body.rows);
    // Whoever of the two lost its folder has them again.
    return { rows: own.orders.rows() };
  });
  app.post<{ Body: ApiQuestion }>('/peer/v1/api', async ({ body }) => ({ answer: await options.askApi(body) }));
  addLetterRoutes(app, letters, log, (request) => nameOf(request.raw.socket as TLSSocket));
  app.get('/peer/v1/tail', (_, reply) => {
    reply.hijack();
    const out = reply.raw;
    out.writeHead(200, { 'content-type': 'application/x-ndjson' });
    out.flushHeaders();
    const stop = own.tail.listen((lines) => {
      if (out.writableLength < TAIL_BYTES) out.write(`${JSON.stringify(lines.map(({ line }) => line))}\n`);
    });
    const socket = out.socket as TLSSocket;
    tails.add(socket);
    out.once('close', () => {
      tails.delete(socket);
      stop();
    });
  });
  try {
    await app.listen({ host: listen.host, port: listen.port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new HeliographError('HG_PORT_TAKEN', `${listen.host}:${listen.port} for peers`, { ...listen }, cause);
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    dropRevoked: () => {
      for (const socket of tails) if (refusal(socket, deny) !== null) socket.destroy();
    },
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** In its certificate. */
function nameOf(socket: TLSSocket): string {
  return String((socket.getPeerCertificate().subject as { CN?: unknown } | undefined)?.CN);
}

function refusal(socket: TLSSocket, deny: DenyList): string | null {
  const { subject, serialNumber } = socket.getPeerCertificate();
  const { CN: name, OU: role } = (subject ?? {}) as { CN?: unknown; OU?: unknown };
  if (role !== 'core') return `${String(name)} has the role ${String(role)}, only a core may ask here`;
  if (deny.serials().has(normalSerial(serialNumber))) return `${String(name)}: its certificate was revoked`;
  return null;
}
