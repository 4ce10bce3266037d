/**
 * A broker in a process of its own that acknowledges what comes and counts it: frames once by their number, their lines, and the bytes on the
 * wire as the network socket saw them, TLS included. Its parent asks by any message and is told.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { Aedes } from 'aedes';
import { decodeHeader } from '../../proto/frame.ts';

const seen = new Set<string>();
const counted = { lines: 0, repeated: 0, frames: 0, payloadBytes: 0 };
let closedBytes = 0;
const [ca, cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const broker = await Aedes.createBroker();

broker.authorizePublish = (_client, packet, done) => {
  if (/\/(error|log|debug)$/.test(packet.topic)) {
    const payload = packet.payload as Buffer;
    const header = decodeHeader(payload);
    const id = `${header.boot}:${header.class}:${header.sequence}`;
    if (seen.has(id)) counted.repeated += header.count;
    else counted.lines += header.count;
    seen.add(id);
    counted.frames++;
    counted.payloadBytes += payload.length;
  }
  done(null);
};

const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
const raw = new Set<{ bytesRead: number }>();
server.on('connection', (socket) => {
  raw.add(socket);
  socket.on('close', () => {
    closedBytes += socket.bytesRead;
    raw.delete(socket);
  });
});
server.on('secureConnection', (socket) => {
  socket.on('error', () => socket.destroy());
  broker.handle(socket);
});
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as { port: number }).port }));
process.on('message', () => {
  const wireBytes = [...raw].reduce((sum, socket) => sum + socket.bytesRead, closedBytes);
  process.send!({ ...counted, wireBytes });
});
process.on('disconnect', () => process.exit(0));
