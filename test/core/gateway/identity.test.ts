import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { revoke } from '../../../lib/certificates/revocation.ts';
import { TestCore } from '../../support/core/core.ts';
import { until } from '../../support/until.ts';

let core: TestCore;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

/** gRPC's codes: 3 INVALID_ARGUMENT, 7 PERMISSION_DENIED. */
test.each([
  ['a collector’s certificate', 'web-1', 'collector' as const, 'web-1', 7, 'HG_CORE_IDENTITY'],
  ['a relay under another name', 'relay-a', 'relay' as const, 'relay-b', 3, 'HG_CORE_IDENTITY'],
])('%s may not stream', async (_, name, role, said, code, text) => {
  const relay = await (await core.relay(name, role)).hello('north', said);
  const ended = await until('the end of the stream', () => relay.ended);
  expect(ended.code).toBe(code);
  expect(ended.details).toContain(text);
  expect(relay.received).toEqual([]);
});

test('a certificate of another authority does not get through TLS', async () => {
  const other = await TestCore.make();
  const { TestRelay } = await import('../../support/core/relay.ts');
  const relay = new TestRelay(core.port, 'relay-x', {
    ...(await other.issue('relay-x', 'relay')),
    ca: join(core.directory, 'ca', 'ca.pem'),
  });
  await relay.hello();
  expect(relay.received).toEqual([]);
  expect(relay.ended?.code).toBe(14);
  relay.close();
  await other.remove();
});

test('the first message must be hello', async () => {
  const relay = await core.relay('relay-early');
  relay.payload('metric', Buffer.from('x'));
  const ended = await until('the end of the stream', () => relay.ended);
  expect(ended.details).toContain('HG_CORE_HELLO');
});

test('a certificate on the deny list ends a stream that stands, and opens no new one', async () => {
  const relay = await (await core.relay('relay-stolen')).hello();
  expect(relay.ended).toBeNull();
  revoke(join(core.directory, 'ca'), 'relay-stolen', Date.now());
  const ended = await until('the end of the stream', () => relay.ended);
  expect(ended.details).toContain('HG_CORE_REVOKED');
});

test('a relay that comes again replaces its older stream', async () => {
  const files = await core.issue('relay-twice', 'relay');
  const { TestRelay } = await import('../../support/core/relay.ts');
  const first = await new TestRelay(core.port, 'relay-twice', files).hello();
  const second = await new TestRelay(core.port, 'relay-twice', files).hello();
  await until('the older stream ends', () => first.ended);
  expect(second.ended).toBeNull();
  first.close();
  second.close();
});

test('a renewed certificate is served to new connections, and the streams that stand go on', async () => {
  const relay = await (await core.relay('relay-stays')).hello();
  const ca = readFileSync(join(core.directory, 'ca', 'ca.pem'));
  const served = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: core.port, ca, servername: 'localhost' }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      }).on('error', reject);
    });
  const before = await served();
  await core.issue('core-1', 'core');
  await until('another certificate', async () => (await served()) !== before);
  expect(relay.ended).toBeNull();
  expect((await (await core.relay('relay-new')).hello()).ended).toBeNull();
});
