import type { Server } from 'node:net';
import { HeliographError } from '../lib/errors.ts';

/** An address to listen at, and the key of the configuration that says so. */
export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly key: string;
}

/**
 * Resolves when the server listens.
 * @param server of TCP, or what stands on it
 * @param backlog connections that the system holds until they are taken
 * @throws HeliographError HG_PORT_TAKEN, with the key to change; what the system says else
 */
export function bind(server: Server, { host, port, key }: Listen, backlog?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const detail = `${host}:${port}; stop the other program or set ${key} to another port`;
      reject(error.code === 'EADDRINUSE' ? new HeliographError('HG_PORT_TAKEN', detail, { host, port }, error) : error);
    });
    server.listen({ host, port, ...(backlog === undefined ? {} : { backlog }) }, () => resolve());
  });
}
