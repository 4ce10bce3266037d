import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { fillable } from '../fillable-disk.ts';
import { Place } from '../setup.ts';
import { connectDevice, TOPICS } from './devices.ts';
import { post, writeRequest } from './prometheus.ts';

const ONE = writeRequest([{ labels: { __name__: 'up' }, samples: [[Date.now(), 1]] }]);
const KIB = 1024;
const LIMITS = { waitingBytes: '1MiB', requestsPerSecond: 1e6, burst: 1e6 };
let close: () => Promise<unknown>;
afterEach(() => close());

test('a client that floods a door is told to come back, and others are served beside it', async () => {
  const tiers = await TwoTiers.open({
    core: {},
    relay: { doors: { http: { listen: '127.0.0.1:0' }, limits: LIMITS } },
  });
  close = () => tiers.close();
  const door = tiers.relay.addresses.doors;
  const headersOf = (name: string) => {
    const scopes = ['ingest:metrics'] as const;
    const facts = { name, scopes: [...scopes], anyHost: false, created: Date.now(), expires: null };
    const token = createToken(join(tiers.core.directory, 'relay', 'tokens.json'), facts);
    return { authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf' };
  };
  const flood = headersOf('flood');
  const calm = headersOf('calm');
  const waits = async () =>
    Number(/^heliograph_relay_door_waiting_bytes (\d+)$/m.exec(await tiers.relayPage('/metrics'))![1]);
  // Bodies that do not end hold their bytes.
  const slow = Array.from({ length: 7 }, () => {
    const call = request({ port: door, path: '/api/v1/write', method: 'POST', headers: flood });
    call.on('error', () => undefined);
    call.write(Buffer.alloc(100 * KIB));
    return call;
  });
  await until('all of it came', async () => (await waits()) === 700 * KIB);
  const refused = await post(door, '/api/v1/write', Buffer.alloc(200 * KIB), {
    ...flood,
    'content-encoding': 'identity',
  });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.text()).toContain('of flood are under way, which is its share');
  expect((await post(door, '/api/v1/write', ONE, calm)).status).toBe(204);
  for (const call of slow) call.destroy();
  await until('nothing waits', async () => (await waits()) === 0);
  expect((await post(door, '/api/v1/write', ONE, flood)).status).toBe(204);
});

test('a device that floods is not read on, and leaves room at the other doors', async () => {
  const disk = fillable('/journal/');
  const doors = {
    mqttJson: { listen: '127.0.0.1:0', messageBytes: '1MiB', topics: TOPICS },
    http: { listen: '127.0.0.1:0' },
    limits: LIMITS,
  };
  const place = await new Place().open({ doors }, { files: disk.files });
  const facts = { name: 'pump', anyHost: false, created: Date.now(), expires: null };
  const token = createToken(join(place.directory, 'relay', 'tokens.json'), { ...facts, scopes: ['ingest:metrics'] });
  const device = await connectDevice(place.relay.addresses.mqttJson!, { password: token });
  close = async () => {
    device.end(true);
    await place.close();
  };
  disk.full = true;
  const payload = JSON.stringify({ text: 'x'.repeat(60 * KIB), value: 1 });
  for (let i = 0; i < 40; i++) void device.publishAsync('raw/a', payload, { qos: 1 }).catch(() => undefined);
  const waits = () => place.metric('heliograph_relay_door_waiting_bytes');
  await until('its share', async () => (await waits()) > 700 * KIB);
  const answer = await post(place.relay.addresses.doors, '/api/v1/write', Buffer.alloc(50 * KIB), {
    'content-encoding': 'identity',
  });
  // Of nothing that a store would keep: that it was read is what counts.
  expect(answer.status).toBe(204);
  expect(await waits()).toBeLessThan(900 * KIB);
  disk.full = false;
  await until('all of them', async () => (await waits()) === 0);
});
