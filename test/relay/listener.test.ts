import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Authority, createAuthority } from '../../lib/certificates/authority.ts';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { relayConfig } from '../../relay/config.ts';
import { whenHelloIsHere } from '../../relay/hello-wait.ts';
import { type Listener, openListener } from '../../relay/listener.ts';
import { openPort } from '../../relay/port.ts';
import { TicketKeys, ticketKeyFile } from '../../relay/ticket-keys.ts';
import { until } from '../support/until.ts';

let directory: string;
let authority: Authority;
let listener: Listener;
let refused: { reason: string; error: string | undefined }[];
const sockets: Socket[] = [];

async function open(handshakeMs?: number): Promise<void> {
  const { ca, cert, key } = await authority.issue({ name: 'relay1', role: 'relay', days: 30, hosts: ['127.0.0.1'] });
  const config = parseConfig(
    'test.yaml',
    JSON.stringify({
      name: 'relay1',
      dataDir: directory,
      mqtt: { listen: '127.0.0.1:0' },
      tls: { ca, cert, key },
      cores: ['127.0.0.1:1'],
    }),
    relayConfig,
  );
  listener = await openListener(
    config,
    systemClock,
    {
      onSocket: (socket) => socket.on('error', () => undefined),
      onRefused: (reason, error) => refused.push({ reason, error: error?.message }),
    },
    (ca) =>
      new TicketKeys({
        path: ticketKeyFile(directory),
        ca,
        now: () => Date.now(),
        log: silentLog,
        metrics: new Registry(),
      }),
    handshakeMs,
  );
}

function raw(): Socket {
  const socket = connect({ host: '127.0.0.1', port: listener.ports[0]! });
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'listener-'));
  authority = await createAuthority(join(directory, 'ca'), Date.now());
  refused = [];
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  listener.stop();
  await listener.close();
  rmSync(directory, { recursive: true, force: true });
});

test('a ClientHello that trickles has as long as one that does not come at all', async () => {
  await open(300);
  const socket = raw();
  // A record of 10,000 bytes, of which one comes now and then: the connection is never idle.
  socket.write(Buffer.from([22, 3, 1, 0x27, 0x10]));
  const trickle = setInterval(() => socket.write(Buffer.from([1])), 20);
  try {
    await until('the refusal', () => refused.length > 0, { withinMs: 5000 });
  } finally {
    clearInterval(trickle);
  }
  expect(refused).toEqual([{ reason: 'handshake', error: 'no whole ClientHello within 300 ms' }]);
  await until('the end of the connection', () => socket.destroyed);
});

test('a record longer than TLS has is refused by its header', async () => {
  await open();
  raw().write(Buffer.from([22, 3, 1, 0x41, 0x01]));
  await until('the refusal', () => refused.length > 0, { withinMs: 5000 });
  expect(refused).toEqual([{ reason: 'handshake', error: 'a first record of 16641 bytes; TLS has 16640' }]);
});

test('a ClientHello in single bytes is put back whole, and its timer ends with it', async () => {
  await open();
  const hello = Buffer.from([22, 3, 1, 0, 40, ...Array.from({ length: 40 }, (_, at) => at)]);
  const stream = new Duplex({ read: () => undefined, write: (_bytes, _encoding, done) => done() });
  let came: Uint8Array | null | undefined;
  const ended: string[] = [];
  whenHelloIsHere(stream as Socket, 200, {
    onHello: (ticketKey) => {
      came = ticketKey;
    },
    onRefused: (error) => ended.push(error.message),
  });
  for (const byte of hello) {
    stream.push(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('the hello', () => came === null);
  expect(stream.read()).toEqual(hello);
  // A second one, that begins later, is refused; the first one's time was over before.
  whenHelloIsHere(new Duplex({ read: () => undefined }) as Socket, 200, {
    onHello: () => undefined,
    onRefused: () => ended.push('the second'),
  });
  await until('the time to be over', () => ended.length > 0);
  expect(ended).toEqual(['the second']);
});

test('who leaves before the end of its ClientHello is not counted', async () => {
  await open(200);
  const gone = raw();
  gone.write(Buffer.from([22, 3]));
  gone.end();
  await until('the end', () => gone.destroyed);
  raw();
  await until('a refusal', () => refused.length > 0);
  expect(refused.length).toBe(1);
});

test('half a renewal is tried again until it is whole', async () => {
  await open();
  const at = (name: string) => join(authority.directory, name);
  copyFileSync(at('relay1.key'), at('old.key'));
  expect(listener.refresh()).toBe(false);
  // Files that do not belong together; the second look finds nothing new on the disk.
  writeFileSync(at('relay1.key'), 'no key');
  expect(() => listener.refresh()).toThrow();
  expect(() => listener.refresh()).toThrow();
  copyFileSync(at('old.key'), at('relay1.key'));
  expect(listener.refresh()).toBe(true);
  expect(listener.refresh()).toBe(false);
});

test('who comes before the relay is there waits in turn, and is refused where too many wait', async () => {
  const port = await openPort([{ host: '127.0.0.1', port: 0, key: 'mqtt.listen' }], 2, () => performance.now());
  const closed: number[] = [];
  const came = [0, 1, 2].map((at) => {
    const socket = connect({ host: '127.0.0.1', port: port.ports[0]! });
    socket.on('error', () => undefined).on('close', () => closed.push(at));
    socket.write(`${at}`);
    return socket;
  });
  sockets.push(...came);
  try {
    await until('the refusal', () => closed.length > 0);
    expect(port.refused).toBe(1);
    const taken: Socket[] = [];
    port.serve((socket) => taken.push(socket));
    expect(taken).toHaveLength(2);
    // Nothing of what they said is lost by the wait.
    const said = await Promise.all(
      taken.map(
        (socket) =>
          new Promise((resolve) => socket.once('data', (bytes) => resolve(Number(bytes.toString()))).resume()),
      ),
    );
    expect([...said, ...closed].sort()).toEqual([0, 1, 2]);
    sockets.push(connect({ host: '127.0.0.1', port: port.ports[0]! }));
    await until('the next one, at once', () => taken.length === 3);
  } finally {
    await port.close();
  }
  await open();
});
