import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMqttUplink, type TlsFiles } from '../../../collector/node/mqtt-uplink.ts';
import { createAuthority } from '../../../lib/certificates/authority.ts';

let directory: string;
let tls: TlsFiles;
let relay: TlsFiles;
let server: Server;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'uplink-'));
  const authority = await createAuthority(directory, Date.now());
  tls = await authority.issue({ name: 'h1', role: 'collector', days: 1 });
  relay = await authority.issue({ name: 'relay1', role: 'relay', days: 1, hosts: ['127.0.0.1'] });
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function listening(opened: Server): Promise<number> {
  server = opened;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Whether a connection there ends as refused. */
function refusedAt(port: number): Promise<boolean | undefined> {
  const options = {
    relay: { host: '127.0.0.1', port },
    clientId: 'h1',
    keepAliveSeconds: 30,
    subscribe: [],
    lastWill: { topic: 'fleet/h1/status', payload: new Uint8Array(0), retain: true },
  };
  return new Promise((resolve) => {
    createMqttUplink(tls).connect(options, {
      onOpen: () => undefined,
      onMessage: () => undefined,
      onClose: (_reason, refused) => resolve(refused),
    });
  });
}

test('where nobody listens a connection is refused', async () => {
  const port = await listening(createServer());
  await new Promise((resolve) => server.close(resolve));
  expect(await refusedAt(port)).toBe(true);
});

test('who takes the connection and closes it before TLS has refused it', async () => {
  const port = await listening(createServer((socket) => socket.destroy()));
  expect(await refusedAt(port)).toBe(true);
});

test('what ends after the handshake was not refused, nor what fails in it', async () => {
  const read = (file: string) => readFileSync(file);
  const port = await listening(
    createTlsServer({ cert: read(relay.cert), key: read(relay.key) }, (socket) => socket.destroy()),
  );
  expect(await refusedAt(port)).toBe(false);
  server.close();
  // A certificate of nobody that the collector trusts in.
  const strangers = await createAuthority(join(directory, 'strangers'), Date.now());
  const other = await strangers.issue({ name: 'relay1', role: 'relay', days: 1, hosts: ['127.0.0.1'] });
  const untrusted = await listening(createTlsServer({ cert: read(other.cert), key: read(other.key) }));
  expect(await refusedAt(untrusted)).toBe(false);
});
