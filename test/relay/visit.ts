import { readFileSync } from 'node:fs';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { generate } from 'mqtt-packet';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';
import { until } from '../support/until.ts';

export interface Visit {
  /** CONNACK's return code; null: there was none. */
  readonly code: number | null;
  readonly resumed: boolean;
  readonly session: Buffer;
}

/** Connects as h1 with its certificate, says CONNECT, and goes with a ticket: the one it came with, where that was taken. */
export async function visitWithTicket(port: number, files: CertificateFiles, session?: Buffer): Promise<Visit> {
  const chunks: Buffer[] = [];
  let ticket: Buffer | undefined;
  let closed = false;
  let resumed = false;
  const socket: TLSSocket = tlsConnect({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca: readFileSync(files.ca),
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    ...(session ? { session } : {}),
  });
  socket.on('session', (got) => {
    ticket = got;
  });
  socket.on('secureConnect', () => {
    resumed = socket.isSessionReused();
  });
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  socket.write(
    generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'h1', keepalive: 30 }),
  );
  await until('an answer', () => closed || Buffer.concat(chunks).length >= 4);
  // Only a full handshake gives one.
  const kept = resumed ? session! : await until('a ticket', () => ticket);
  socket.destroy();
  return { code: Buffer.concat(chunks)[3] ?? null, resumed, session: kept };
}
