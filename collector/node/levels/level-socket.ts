import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Host } from '../../core/host.ts';
import type { DesiredLevels } from '../../core/logs/desired-levels.ts';
import { LevelListener } from '../../core/logs/level-offer.ts';
import { readableFolderOf } from '../readable-folder.ts';

const MOST_CONNECTIONS = 1_000;
/** A program that does not read what it asked for. */
const MOST_UNREAD = 64 * 1024;

/**
 * Answers programs on a Unix socket which level is wanted of them, now and at each change (core/logs/level-offer.ts has the lines). One that is in
 * the way of an earlier life is taken away; one that somebody answers at is not.
 * @returns ends it
 */
export async function offerLevelSocket(
  host: Pick<Host, 'log'>,
  path: string,
  desired: DesiredLevels,
): Promise<() => Promise<void>> {
  const listeners = new Map<Socket, LevelListener>();
  const server = createServer((socket) => {
    if (listeners.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    const listener = new LevelListener(desired, (line) => {
      if (socket.writableLength > MOST_UNREAD) socket.destroy();
      else socket.write(line);
    });
    listeners.set(socket, listener);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const refused = listener.hear(text);
      if (refused !== null) socket.end(`${JSON.stringify({ error: refused })}\n`);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => listeners.delete(socket));
  });
  desired.onChange(() => {
    for (const listener of listeners.values()) listener.changed();
  });
  try {
    readableFolderOf(path);
    if (!(await answers(path))) rmSync(path, { force: true });
    await listen(server, path);
    // For every user's programs.
    chmodSync(path, 0o666);
  } catch (error) {
    host.log('error', 'the socket of levels cannot be opened', { path, error: String(error) });
  }
  return async () => {
    for (const socket of listeners.keys()) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}
