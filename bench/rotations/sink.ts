/**
 * The slow end of a line in a process of its own: takes so many bytes of lines a second, counts each numbered line, and goes away and comes
 * back on its port when it is told. `relay`: MQTT over mutual TLS, frames acknowledged and known again by their numbers as a relay does it;
 * `text`: lines over plain TCP, as syslog daemons send them.
 */
import { readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { zstdDecompressSync } from 'node:zlib';
import { Aedes } from 'aedes';
import { decodeFrame } from '../../proto/frame.ts';
import { LINE_BYTES } from '../log-lines.ts';
import { LineCount } from './line-count.ts';
import { Pace } from './pace.ts';

const [kind, lines, bytesPerSecond, ...files] = process.argv.slice(2);
const count = new LineCount(Number(lines));
const pace = new Pace(Number(bytesPerSecond));
const sockets = new Set<Socket>();
let closedBytes = 0;

function keep(socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    closedBytes += socket.bytesRead;
    sockets.delete(socket);
  });
}

function textServer(): Server {
  return createTcpServer((socket) => {
    keep(socket);
    let rest = '';
    socket.on('data', (chunk) => {
      const text = rest + chunk.toString('latin1');
      const whole = text.lastIndexOf('\n') + 1;
      rest = text.slice(whole);
      for (const line of text.slice(0, whole).split('\n').slice(0, -1)) count.add(line);
      const ms = pace.take(chunk.length, performance.now());
      if (ms < 1) return;
      socket.pause();
      setTimeout(() => socket.resume(), ms);
    });
  });
}

async function relayServer(): Promise<Server> {
  const [ca, cert, key] = files.map((path) => readFileSync(path));
  const broker = await Aedes.createBroker();
  const seen = new Set<string>();
  const tools = {
    unzstd: (bytes: Uint8Array, max: number) => zstdDecompressSync(bytes, { maxOutputLength: max }),
  };
  broker.authorizePublish = (_client, packet, done) => {
    if (!/\/(error|log|debug)$/.test(packet.topic)) return done(null);
    const frame = decodeFrame(packet.payload as Buffer, tools);
    const id = `${frame.boot}:${frame.class}:${frame.sequence}`;
    const found = frame.kind === 'logs' ? frame.lines : [];
    if (!seen.has(id)) for (const { message } of found) count.add(message);
    seen.add(id);
    setTimeout(() => done(null), pace.take(found.length * LINE_BYTES, performance.now()));
  };
  const server = createTlsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
  server.on('connection', keep);
  server.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    broker.handle(socket);
  });
  return server;
}

let server = kind === 'relay' ? await relayServer() : textServer();
let port = 0;
const listen = async () => {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
};
await listen();
process.on('message', async (message) => {
  if (message === 'away') {
    server.close();
    for (const socket of sockets) socket.destroy();
  } else if (message === 'back') {
    if (kind === 'text') server = textServer();
    await listen();
  }
  const wireBytes = [...sockets].reduce((sum, socket) => sum + socket.bytesRead, closedBytes);
  process.send!({ port, wireBytes, ...count.figures });
});
process.on('disconnect', () => process.exit(0));
process.send!({ port });
