import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Less than a client of HTTP waits for an answer. */
const HELD_MS = 240_000;

export interface Gate {
  readonly url: URL;
  /** Somebody has asked something. */
  asked(): boolean;
  /** From now on questions are passed on. */
  open(): void;
  close(): Promise<void>;
}

/**
 * Stands before a core for who verifies: a question waits until the gate is open, and is sent on to the core (HTTP 307) then. So a comparison
 * begins when the backlog has drained, whoever makes it.
 */
export async function startGate(core: URL): Promise<Gate> {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  let asked = false;
  const server = createServer(async (request, response) => {
    asked = true;
    let timer: NodeJS.Timeout | undefined;
    const held = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), HELD_MS);
    });
    const passed = await Promise.race([opened.then(() => true), held]);
    clearTimeout(timer);
    // Who is still held asks here again.
    const location = passed ? new URL(request.url!, core).href : request.url!;
    request.resume();
    response.writeHead(307, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked: () => asked,
    open,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
