import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { HeliographError } from '../../lib/errors.ts';
import { readableFolderOf } from './readable-folder.ts';

/**
 * Listens at a Unix socket. One that a process before left behind is taken away; one that somebody serves is not.
 * @param mode who may connect, as of a file
 * @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT
 */
export async function listenAtSocket(
  server: Pick<Server, 'listen' | 'once' | 'off'>,
  path: string,
  mode: number,
): Promise<void> {
  try {
    readableFolderOf(path);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
      if (await isServed(path)) throw new HeliographError('HG_PORT_TAKEN', path, { path });
      unlinkSync(path);
    }
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    chmodSync(path, mode);
  } catch (cause) {
    if (cause instanceof HeliographError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'HG_PORT_TAKEN' : 'HG_PORT_RIGHT';
    throw new HeliographError(code, `${path}: ${(cause as Error).message}`, { path }, cause);
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
