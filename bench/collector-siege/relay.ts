/**
 * A relay of its own process for a collector that comes back: MQTT over mutual TLS on the port it is told, acknowledges all, and counts each frame once:
 * lines by class and level, and what the collector declares as dropped. Its parent asks by any message and is told.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { zstdDecompressSync } from 'node:zlib';
import { Aedes } from 'aedes';
import { decodeFrame } from '../../proto/frame.ts';
import { decodeStatus, type Status } from '../../proto/status.ts';

/** What a relay saw of its collector. */
export interface Seen {
  /** Lines by class. */
  readonly lines: Record<string, number>;
  readonly levels: Record<string, number>;
  /** Items of declared drops, by class and reason. */
  readonly gaps: Record<string, number>;
  readonly frames: number;
  /** The last that told an account. */
  readonly status: Status | null;
}

const [port, ...files] = process.argv.slice(2);
const [ca, cert, key] = files.map((path) => readFileSync(path));
const seen = {
  lines: {} as Record<string, number>,
  levels: {} as Record<string, number>,
  gaps: {} as Record<string, number>,
  frames: 0,
  status: null as Status | null,
};
const known = new Set<string>();
const tools = {
  unzstd: (bytes: Uint8Array, max: number) => zstdDecompressSync(bytes, { maxOutputLength: max }),
};
const add = (into: Record<string, number>, name: string, count: number): void => {
  into[name] = (into[name] ?? 0) + count;
};

function take(topic: string, payload: Buffer): void {
  if (topic.endsWith('/status')) {
    const status = decodeStatus(payload);
    if (status.ledger !== null) seen.status = status;
    return;
  }
  if (!/\/(error|log|debug)$/.test(topic)) return;
  const frame = decodeFrame(payload, tools);
  const id = `${frame.boot}:${frame.class}:${frame.sequence}`;
  if (known.has(id)) return;
  known.add(id);
  seen.frames++;
  if (frame.kind === 'gap')
    for (const { reason, items } of frame.gaps) add(seen.gaps, `${frame.class} ${reason}`, items);
  if (frame.kind !== 'logs') return;
  add(seen.lines, frame.class, frame.lines.length);
  for (const { level } of frame.lines) add(seen.levels, level, 1);
}

const broker = await Aedes.createBroker();
broker.authorizePublish = (_client, packet, done) => {
  take(packet.topic, packet.payload as Buffer);
  done(null);
};
const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
server.on('secureConnection', (socket) => {
  socket.on('error', () => socket.destroy());
  broker.handle(socket);
});
server.listen(Number(port), '127.0.0.1', () => process.send!(seen));
process.on('message', () => process.send!(seen));
process.on('disconnect', () => process.exit(0));
