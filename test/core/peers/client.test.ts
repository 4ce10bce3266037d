import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AllDesks } from '../../../core/letters/all-desks.ts';
import type { LetterDesk } from '../../../core/letters/desk.ts';
import { PeerClient } from '../../../core/peers/client.ts';
import { DenyList } from '../../../lib/certificates/deny-list.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';

/** A peer that answers when the test says so: its answers by path. */
let authority: TestCore;
let server: Server;
let client: PeerClient;
const open = new Map<string, ServerResponse>();

beforeEach(async () => {
  authority = await TestCore.make();
  const ca = join(authority.directory, 'ca', 'ca.pem');
  const own = await authority.issue('gateway-1', 'core');
  const tls = { ca: readFileSync(ca), cert: readFileSync(own.cert), key: readFileSync(own.key) };
  server = createServer({ ...tls, requestCert: true }, ({ url }, answer) => {
    open.set(new URL(url!, 'https://peer').pathname, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const files = await authority.issue('console-1', 'core');
  const deny = new DenyList(join(authority.directory, 'ca', 'revoked.txt'), (error) => {
    throw new Error(error);
  });
  client = new PeerClient({ address: { host: '127.0.0.1', port }, tls: { ...files, ca }, deny, timeoutMs: 100 });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await authority.remove();
  open.clear();
});

const state = () => client.state({ run: '', hosts: 0, gaps: -1 });
const PURGE = '/peer/v1/letters/purge';
const NOTHING = { letters: 0, bytes: 0, groups: [], away: [] };

test('a state that does not come in time breaks no other question, nor does a connection that fails for it break a purge', async () => {
  const purged = client.letters.purge({}, false);
  const sequences = client.sequences();
  await until('both are asked', () => open.has(PURGE) && open.has('/peer/v1/sequences'));
  await expect(state()).rejects.toThrow(/HG_PEER.*HeadersTimeoutError/);
  open.get('/peer/v1/sequences')!.end('[]');
  expect(await sequences).toEqual([]);
  open.delete('/peer/v1/state');
  const broken = expect(state()).rejects.toThrow(/HG_PEER/);
  await until('it is asked again', () => open.has('/peer/v1/state'));
  open.get('/peer/v1/state')!.destroy();
  await broken;
  open.get(PURGE)!.end(JSON.stringify({ ...NOTHING, letters: 3 }));
  expect(await purged).toEqual({ ...NOTHING, letters: 3 });
});

test('what a purge did whose answer does not come is not known, and of one that was never asked it is', async () => {
  const own = { purge: async () => NOTHING } as Partial<LetterDesk> as LetterDesk;
  const all = new AllDesks(
    own,
    [{ address: client.address, name: () => 'gateway-1', desk: client.letters }],
    'console-1',
  );
  const purging = all.purge({}, false);
  await until('it is asked', () => open.has(PURGE));
  open.get(PURGE)!.destroy();
  const { away } = await purging;
  expect(away).toMatchObject([{ process: 'gateway-1', unknown: true, why: expect.stringContaining('is not known') }]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const [gone] = (await all.purge({}, false)).away;
  expect(gone).toEqual({ process: 'gateway-1', why: expect.stringContaining('ECONNREFUSED') });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
