import { readFileSync } from 'node:fs';

/** UDP sockets of both kinds, under the root of /proc. */
const FILES = ['net/udp', 'net/udp6'];

/**
 * Datagrams that the system dropped at sockets of a port, since these were opened, in the text of /proc/net/udp or udp6 (proc(5)): the last column of
 * lines whose local address ends with `:PORT` in hex.
 */
export function dropsOfPort(text: string, port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let sum = 0;
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(end)) sum += Number(columns.at(-1));
  }
  return sum;
}

/** Null where the system does not say. @param root of /proc */
export function readKernelDrops(port: number, root = '/proc'): number | null {
  let sum: number | null = null;
  for (const file of FILES) {
    let text: string;
    try {
      text = readFileSync(`${root}/${file}`, 'utf8');
    } catch (error) {
      // No Linux, or no IPv6.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'EACCES')
        continue;
      throw error;
    }
    sum = (sum ?? 0) + dropsOfPort(text, port);
  }
  return sum;
}
