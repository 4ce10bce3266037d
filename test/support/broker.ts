import { readFileSync } from 'node:fs';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { Aedes, type Client, type PublishPacket } from 'aedes';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';

/** A frame, definition or status as the broker received it. */
export interface Received {
  readonly client: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly at: number;
}

export interface TestBroker {
  readonly port: number;
  readonly received: Received[];
  /** Common names of the certificates of those connected now. */
  connected(): string[];
  /** Called before the PUBACK; it goes out when the callback is called. Default: at once. */
  hold(authorize: ((packet: PublishPacket, acknowledge: () => void) => void) | null): void;
  publish(topic: string, payload: Uint8Array | string, retain?: boolean): Promise<void>;
  /** Breaks every connection without a farewell. */
  breakAll(): void;
  close(): Promise<void>;
}

/** An aedes broker on a TLS port of its own that asks for a client certificate, for tests of the collector without a relay. */
export async function startBroker(files: CertificateFiles, port = 0): Promise<TestBroker> {
  const broker = await Aedes.createBroker();
  const received: Received[] = [];
  const sockets = new Set<TLSSocket>();
  let authorize: ((packet: PublishPacket, acknowledge: () => void) => void) | null = null;

  broker.authorizePublish = (client: Client | null, packet, done) => {
    const accept = (): void => {
      received.push({
        client: client?.id ?? '',
        topic: packet.topic,
        payload: Uint8Array.from(packet.payload as Buffer),
        at: Date.now(),
      });
      done(null);
    };
    if (authorize === null || client === null) accept();
    else authorize(packet, accept);
  };
  const server: Server = createServer(
    {
      ca: readFileSync(files.ca),
      cert: readFileSync(files.cert),
      key: readFileSync(files.key),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      broker.handle(socket);
    },
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the broker has no port');

  return {
    port: address.port,
    received,
    connected: () => [...sockets].map((socket) => String(socket.getPeerCertificate().subject?.CN ?? '')),
    hold(next) {
      authorize = next;
    },
    publish: (topic, payload, retain = false) =>
      new Promise((resolve, reject) =>
        broker.publish(
          { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false },
          (error?: Error | null) => (error ? reject(error) : resolve()),
        ),
      ),
    breakAll() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await ended;
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}
