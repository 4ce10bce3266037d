import type { Server } from 'node:net';
import { HeliographError } from './errors.ts';

/** An address to listen at, and the key of the configuration that says so. */
export interface Listen {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  /** This worker alone listens: what the supervisor accepted for one that was killed, nobody would serve. */
  readonly exclusive?: boolean;
}

/**
 * Resolves when the server listens.
 * @param server of TCP, or what stands on it
 * @param backlog connections that the system holds until they are taken
 * @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT, with the key to change; what the system says else
 */
export function bind(server: Server, listen: Listen, backlog?: number): Promise<void> {
  const { host, port, exclusive = false } = listen;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, listen)));
    server.listen({ host, port, exclusive, ...(backlog === undefined ? {} : { backlog }) }, () => resolve());
  });
}

/** Why nothing can be heard at an address, with the key to change; what the system says where that is not known. */
export function bindError(error: NodeJS.ErrnoException, { host, port, key }: Listen): Error {
  const at = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    const detail = `${at}; stop the other program or set ${key} to another port`;
    return new HeliographError('HG_PORT_TAKEN', detail, { host, port }, error);
  }
  if (error.code !== 'EACCES') return error;
  return new HeliographError(
    'HG_PORT_RIGHT',
    `${at}; give the right, or set ${key} to a port above`,
    { host, port },
    error,
  );
}
