import fastify, { type FastifyInstance } from 'fastify';
import type { ServerCertificate } from '../certificates/server-certificate.ts';
import { HeliographError } from '../errors.ts';

/**
 * A server for doors that does not listen yet. With a certificate it speaks TLS, and a client's certificate may stand for a token; without one
 * the token decides.
 */
export async function doorServer(certificate: ServerCertificate | null, bodyBytes: number): Promise<FastifyInstance> {
  const common = { logger: false, bodyLimit: bodyBytes, requestTimeout: 60_000 } as const;
  if (certificate === null) return fastify(common);
  const fixed = { minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false } as const;
  const app = fastify({ ...common, https: fixed });
  await certificate.serve(app.server);
  return app as unknown as FastifyInstance;
}

/** @throws HeliographError HG_PORT_TAKEN */
export async function listenAt(app: FastifyInstance, address: { host: string; port: number }): Promise<void> {
  try {
    await app.listen({ host: address.host, port: address.port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new HeliographError('HG_PORT_TAKEN', `${address.host}:${address.port} for the doors`, { ...address }, cause);
  }
}
