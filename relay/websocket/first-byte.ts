import type { TLSSocket } from 'node:tls';

/** Of "GET ": HTTP begins so, and no packet that MQTT may begin with. */
const G = 0x47;

/**
 * Waits for the first byte behind TLS, puts it back unread, and says whether it is HTTP's. A client that says nothing is
 * ended, as the broker does it with one that does not say CONNECT.
 */
export function whenFirstByteIsHere(
  socket: TLSSocket,
  withinMs: number,
  events: { onHttp(): void; onMqtt(): void; onSilent(): void },
): void {
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener('readable', look);
    socket.removeListener('close', stop);
    socket.removeListener('error', ended);
  };
  const ended = () => undefined;
  const look = () => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    stop();
    socket.unshift(bytes);
    if (bytes[0] === G) events.onHttp();
    else events.onMqtt();
  };
  const timer = setTimeout(() => {
    stop();
    socket.destroy();
    events.onSilent();
  }, withinMs);
  socket.once('close', stop);
  // An error is followed by the close.
  socket.on('error', ended);
  socket.on('readable', look);
}
