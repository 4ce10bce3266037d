import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

export type SyslogTransport = 'tcp' | 'tls' | 'udp';

/** Bytes in one write of a sender. */
const WRITE_BYTES = 64 * 1024;
/** Datagrams at once, and how long it takes until the next: what a receiver's buffer holds while it is busy is a few thousand. */
const BURST = 100;
const BURST_MS = 10;

/** Sends lines over one connection and closes it, or as datagrams, one each. @param framed what goes over a connection @param ca the authority's certificate */
export async function sendSyslog(
  transport: SyslogTransport,
  port: number,
  { lines, framed }: { readonly lines: readonly string[]; readonly framed: Buffer },
  ca: string,
): Promise<void> {
  if (transport === 'udp') return datagrams(port, lines);
  const plain = { host: '127.0.0.1', port };
  const socket: Socket =
    transport === 'tcp' ? connect(plain) : connectTls({ ...plain, servername: 'localhost', ca: readFileSync(ca) });
  socket.resume();
  await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect');
  for (let at = 0; at < framed.length; at += WRITE_BYTES) {
    if (!socket.write(framed.subarray(at, at + WRITE_BYTES))) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
}

/** At a steady pace: nobody tells that it is too much. */
async function datagrams(port: number, lines: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  const begun = performance.now();
  for (let at = 0; at < lines.length; at += BURST) {
    for (const line of lines.slice(at, at + BURST)) socket.send(line, port, '127.0.0.1');
    const due = begun + ((at + BURST) / BURST) * BURST_MS;
    await wait(Math.max(0, due - performance.now()));
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
