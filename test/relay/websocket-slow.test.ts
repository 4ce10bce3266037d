import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CertificateFiles, createAuthority } from '../../lib/certificates/authority.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { WebSocketEntrance } from '../../relay/websocket/entrance.ts';
import { until } from '../support/until.ts';
import { RawClient, upgradeRequest } from './websocket-setup.ts';

let directory: string;
let files: CertificateFiles;
let server: Server;
let metrics: Registry;
let served: number;
const clients: RawClient[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'entrance-'));
  const authority = await createAuthority(directory, Date.now());
  const relay = await authority.issue({ name: 'relay1', role: 'relay', days: 1, hosts: ['127.0.0.1'] });
  files = await authority.issue({ name: 'h1', role: 'collector', days: 1 });
  metrics = new Registry();
  served = 0;
  const entrance = new WebSocketEntrance({
    path: '/mqtt',
    limit: 1000,
    log: silentLog,
    metrics,
    requestMs: 300,
    onMqtt: () => served++,
    onBreach: () => undefined,
  });
  server = createServer({ cert: readFileSync(relay.cert), key: readFileSync(relay.key) }, (socket) =>
    entrance.take(socket),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open((server.address() as AddressInfo).port, files);
  clients.push(client);
  return client;
}

const refused = (reason: string) =>
  metrics.render().includes(`heliograph_relay_websocket_refused_total{reason="${reason}"} 1\n`);

test('a request that trickles is ended in its time, however steadily it comes, and one that is there stays', async () => {
  const good = await open();
  good.write(upgradeRequest());
  await until('the WebSocket', () => good.status.startsWith('HTTP/1.1 101'));
  const slow = await open();
  const request = upgradeRequest('/mqtt', { Filler: 'x'.repeat(4000) });
  let at = 0;
  const trickle = setInterval(() => slow.write(request[at++]!), 5);
  try {
    await until('the end', () => slow.closed);
  } finally {
    clearInterval(trickle);
  }
  expect(at).toBeLessThan(request.length);
  expect(refused('slow')).toBe(true);
  expect(good.closed).toBe(false);
  expect(served).toBe(1);
});

test('who says nothing is ended, and who says MQTT is served as before', async () => {
  const silent = await open();
  const straight = await open();
  straight.write(Buffer.from([0x10]));
  await until('the end', () => silent.closed);
  expect(refused('silent')).toBe(true);
  expect(served).toBe(1);
  expect(straight.closed).toBe(false);
});
