import type { Socket } from 'node:net';
import { HEADER_BYTES, helloLength, MOST_RECORD_BYTES, readHello } from './client-hello.ts';

/**
 * Waits for a connection's ClientHello, puts it back unread, and says which ticket key it names. All of it has to be here in
 * time, however steadily it trickles; a record that announces more than TLS has is refused at once.
 * @param withinMs from now to the last byte of it
 */
export function whenHelloIsHere(
  socket: Socket,
  withinMs: number,
  events: { onHello(ticketKey: Uint8Array | null): void; onRefused(error: Error): void },
): void {
  /** As they came: they are put together once, because a client may send them one by one. */
  const parts: Buffer[] = [];
  let have = 0;
  let length: number | null = null;
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener('readable', look);
    socket.removeListener('close', stop);
  };
  const refuse = (why: string) => {
    stop();
    socket.destroy();
    events.onRefused(new Error(why));
  };
  const look = () => {
    const more = socket.read() as Buffer | null;
    if (more === null) return;
    parts.push(more);
    have += more.length;
    length ??= helloLength(Buffer.concat(parts));
    if (length === null) return;
    if (length > MOST_RECORD_BYTES) return refuse(`a first record of ${length} bytes; TLS has ${MOST_RECORD_BYTES}`);
    if (length > 0 && have < HEADER_BYTES + length) return;
    const bytes = Buffer.concat(parts);
    const hello = readHello(bytes);
    if (!hello.whole) return;
    stop();
    socket.unshift(bytes);
    events.onHello(hello.ticketKey);
  };
  const timer = setTimeout(() => refuse(`no whole ClientHello within ${withinMs} ms`), withinMs);
  socket.once('close', stop);
  socket.on('readable', look);
  socket.read(0);
}
