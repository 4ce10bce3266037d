import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMqttUplink, type TlsFiles } from '../../../collector/node/mqtt-uplink.ts';
import type { HttpProxy } from '../../../collector/node/proxy.ts';
import { createAuthority } from '../../../lib/certificates/authority.ts';
import { ConnectProxy } from '../../support/connect-proxy.ts';
import { until } from '../../support/until.ts';

let directory: string;
let tls: TlsFiles;
let relay: TlsFiles;
let proxy: ConnectProxy;
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'line-'));
  const authority = await createAuthority(directory, Date.now());
  tls = await authority.issue({ name: 'h1', role: 'collector', days: 1 });
  relay = await authority.issue({ name: 'relay1', role: 'relay', days: 1, hosts: ['127.0.0.1'] });
  proxy = await ConnectProxy.open();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  await proxy.close();
  rmSync(directory, { recursive: true, force: true });
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function nobody(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface End {
  readonly reason: string;
  readonly refused: boolean | undefined;
}

/** How a connection ends that never opens. */
function endAt(at: { port: number; path?: string }, by: HttpProxy | null = byProxy()): Promise<End> {
  return new Promise((resolve, reject) => {
    createMqttUplink(tls, undefined, () => by).connect(
      { relay: { host: '127.0.0.1', ...at }, ...HOST },
      {
        onOpen: () => reject(new Error('it opened')),
        onMessage: () => undefined,
        onClose: (reason, refused) => resolve({ reason, refused }),
      },
    );
  });
}

const HOST = {
  clientId: 'h1',
  keepAliveSeconds: 30,
  subscribe: [],
  lastWill: { topic: 'fleet/h1/status', payload: new Uint8Array(0), retain: true },
};

const byProxy = (authorization: string | null = null, port = proxy.port) => ({
  host: '127.0.0.1',
  port,
  authorization,
});

/** A TLS server in the relay's place. */
const secure = (take: (socket: Socket) => void) =>
  createTlsServer({ cert: readFileSync(relay.cert), key: readFileSync(relay.key) }, take);

test('a proxy that wants a log-in, or another one, is told from one that forbids', async () => {
  proxy.authorization = 'Basic dTpz';
  expect(await endAt({ port: 1 })).toMatchObject({
    reason: expect.stringMatching(/^HG_PROXY_LOGIN.* 407 .*give it as http:\/\/user:secret@/),
    refused: false,
  });
  expect((await endAt({ port: 1 }, byProxy('Basic bad'))).reason).toMatch(/check user and secret$/);
  proxy.status = 403;
  const forbidden = await endAt({ port: 1 }, byProxy('Basic dTpz'));
  expect(forbidden).toMatchObject({ reason: expect.stringMatching(/^HG_PROXY_REFUSED.* 403 /), refused: false });
  expect(forbidden.reason).toContain('CONNECT 127.0.0.1:1');
  expect(forbidden.reason).not.toContain('dTpz');
});

test('a relay that is not there behind a proxy, and a proxy that is not there, are refusals', async () => {
  expect(await endAt({ port: await nobody() })).toMatchObject({
    reason: expect.stringMatching(/^HG_PROXY_REFUSED.* 502 /),
    refused: true,
  });
  expect(await endAt({ port: 1 }, byProxy(null, await nobody()))).toMatchObject({
    reason: expect.stringMatching(/^HG_PROXY_UNREACHABLE.*ECONNREFUSED/),
    refused: true,
  });
});

test('what is no proxy is told as such', async () => {
  const ssh = await listening(createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')));
  expect((await endAt({ port: 1 }, byProxy(null, ssh))).reason).toMatch(/^HG_PROXY_ANSWER/);
  const other = await listening(secure(() => undefined));
  expect((await endAt({ port: 1 }, byProxy(null, other))).reason).toMatch(/^HG_PROXY_(ANSWER|UNREACHABLE)/);
  const closes = await listening(createServer((socket) => socket.end()));
  expect((await endAt({ port: 1 }, byProxy(null, closes))).reason).toMatch(/^HG_PROXY_UNREACHABLE/);
});

test('a collector that leaves while a proxy says nothing is gone at once', async () => {
  // It reads, so that it sees the end.
  const silent = createServer((socket) => socket.resume());
  const port = await listening(silent);
  const uplink = createMqttUplink(tls, undefined, () => byProxy(null, port));
  const ends: string[] = [];
  uplink.connect(
    { relay: { host: '127.0.0.1', port: 1 }, ...HOST },
    { onOpen: () => ends.push('open'), onMessage: () => undefined, onClose: (reason) => ends.push(reason) },
  );
  await until('the connection', () => sockets.length === 1);
  uplink.leave('moving on');
  expect(ends).toEqual(['moving on']);
  await until('its end', () => sockets[0]!.closed);
  expect(ends).toEqual(['moving on']);
});

test('a relay whose certificate is not to be trusted is refused behind a proxy too', async () => {
  const strangers = await createAuthority(join(directory, 'strangers'), Date.now());
  const other = await strangers.issue({ name: 'relay1', role: 'relay', days: 1, hosts: ['127.0.0.1'] });
  const port = await listening(createTlsServer({ cert: readFileSync(other.cert), key: readFileSync(other.key) }));
  for (const path of [undefined, '/mqtt']) {
    const end = await endAt(path ? { port, path } : { port });
    expect(end).toMatchObject({ reason: expect.stringMatching(/certificate/), refused: false });
  }
});

test('a web server without WebSocket, and one that is none, are told as such', async () => {
  const web = await listening(
    secure((socket) => socket.once('data', () => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'))),
  );
  for (const by of [null, byProxy()]) {
    const end = await endAt({ port: web, path: '/wrong' }, by);
    expect(end).toMatchObject({ reason: expect.stringMatching(/^HG_COLLECTOR_WEBSOCKET.*\/wrong answers 404/) });
  }
  const other = await listening(secure((socket) => socket.end('220 mail ready\r\n')));
  expect((await endAt({ port: other, path: '/mqtt' }, null)).reason).toMatch(/Parse Error/);
});
