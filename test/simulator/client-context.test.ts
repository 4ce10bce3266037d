import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { ClientContext } from '../../simulator/client-context.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const HOSTS = ['sim-0001', 'sim-0002', 'sim-0003'];

async function authorityWith(names: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'client-context-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await createAuthority(folder, Date.now());
  for (const name of names) await authority.issue({ name, role: 'collector', days: 2 });
  await authority.issue({ name: 'relay1', role: 'relay', hosts: ['127.0.0.1'], days: 2 });
  return (file: string) => readFileSync(join(folder, file), 'utf8');
}

/** A relay's door that says who came, and whether by a ticket. */
async function relay(read: (file: string) => string, came: (name: string, resumed: boolean) => void) {
  const server = createServer(
    { ca: read('ca.pem'), cert: read('relay1.pem'), key: read('relay1.key'), requestCert: true, minVersion: 'TLSv1.3' },
    (socket) => {
      came(String(socket.getPeerCertificate().subject.CN), socket.isSessionReused());
      socket.end('known');
    },
  ).listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('connections made one right after the other show each its own certificate', async () => {
  const read = await authorityWith(HOSTS);
  const seen: string[] = [];
  const { port } = await relay(read, (name) => seen.push(name));
  const context = new ClientContext(read('ca.pem'));
  const sockets = HOSTS.map((name): TLSSocket => {
    const secureContext = context.of({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
    return connect({ host: '127.0.0.1', port, servername: '', secureContext });
  });
  closing.push(() => sockets.forEach((socket) => void socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'data')));
  expect(seen.toSorted()).toEqual(HOSTS);
});

test('a host that comes back by its ticket is itself, whoever was shown last, and whether or not the relay takes the ticket', async () => {
  const read = await authorityWith(HOSTS);
  const seen: [string, boolean][] = [];
  const { server, port } = await relay(read, (name, resumed) => seen.push([name, resumed]));
  const context = new ClientContext(read('ca.pem'));
  const visit = async (name: string, session?: Buffer): Promise<Buffer> => {
    const secureContext = context.of({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
    const socket = connect({ host: '127.0.0.1', port, servername: '', secureContext, ...(session ? { session } : {}) });
    let ticket: Buffer | undefined;
    socket.on('session', (one: Buffer) => {
      ticket = one;
    });
    socket.resume();
    await once(socket, 'close');
    return ticket!;
  };
  const ticket = await visit(HOSTS[0]!);
  await visit(HOSTS[1]!);
  await visit(HOSTS[0]!, ticket);
  server.setTicketKeys(randomBytes(48));
  await visit(HOSTS[2]!);
  await visit(HOSTS[0]!, ticket);
  const [first, second, third] = HOSTS as [string, string, string];
  expect(seen).toEqual([
    [first, false],
    [second, false],
    [first, true],
    [third, false],
    [first, false],
  ]);
});

test("another host's key is refused, and the next host is served", async () => {
  const read = await authorityWith(HOSTS.slice(0, 2));
  const context = new ClientContext(read('ca.pem'));
  const first = { cert: read('sim-0001.pem'), key: read('sim-0001.key') };
  expect(() => context.of({ cert: first.cert, key: read('sim-0002.key') })).toThrow(/key values mismatch/);
  expect(() => context.of(first)).not.toThrow();
});
