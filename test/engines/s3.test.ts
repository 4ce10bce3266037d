import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Health } from '../../core/api/health.ts';
import { s3Config } from '../../core/engines/s3/config.ts';
import type { S3Objects } from '../../core/engines/s3/objects.ts';
import { openS3Objects } from '../../core/engines/s3/open.ts';
import { silentLog } from '../../lib/log.ts';
import { objectsContract } from '../contracts/objects.ts';
import { TestCore } from '../support/core/core.ts';
import { TestHost } from '../support/core/host.ts';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let engine: Engine;
let made = 0;
const opened: S3Objects[] = [];

beforeAll(async () => {
  engine = await Engine.start('s3');
});
afterEach(async () => {
  for (const objects of opened.splice(0)) await objects.close();
});
afterAll(() => engine.stop());

async function open(changes: object = {}, secret = engine.values.S3_SECRET_ACCESS_KEY!) {
  const health = new Health(() => 0);
  const objects = await openS3Objects({
    config: s3Config.parse({ endpoint: engine.values.S3_ENDPOINT, bucket: 'tests', create: true, ...changes }),
    log: silentLog,
    health,
    credentials: { accessKeyId: engine.values.S3_ACCESS_KEY_ID!, secretAccessKey: secret },
  });
  opened.push(objects);
  return { objects, health };
}

objectsContract('S3', async () => (await open({ prefix: `core-${++made}/` })).objects);

test('an object of several parts comes back whole', async () => {
  const { objects } = await open();
  const large = new Uint8Array(12_000_000).map((_, i) => (i * 31) >>> 3);
  await objects.put('large', large);
  expect(Buffer.compare((await objects.get('large'))!, large)).toBe(0);
});

test('a wrong secret, a bucket that is not there: said at start', async () => {
  await expect(open({}, 'wrong')).rejects.toMatchObject({ code: 'HG_ENGINE_LOGIN' });
  await expect(open({ bucket: 'not-there', create: false })).rejects.toMatchObject({ code: 'HG_ENGINE_SETTING' });
});

test('a core with its dead letters there: what cannot be read is kept in the bucket', async () => {
  const before = { ...process.env };
  process.env.AWS_ACCESS_KEY_ID = engine.values.S3_ACCESS_KEY_ID;
  process.env.AWS_SECRET_ACCESS_KEY = engine.values.S3_SECRET_ACCESS_KEY;
  const core = await TestCore.make();
  try {
    const s3 = { endpoint: engine.values.S3_ENDPOINT, bucket: 'tests', prefix: 'core/', create: true };
    await core.start({ objects: 's3', s3 });
    const relay = await (await core.relay()).hello('north');
    const bad = new TestHost('web-1').broken('log', 'logs', 7, Buffer.from([0x83, 0x00, 0x18, 0x64, 0x58, 0x64, 1]));
    expect(await relay.deliver('log', [bad])).toEqual({ kind: 'acknowledged' });
    const { objects } = await open({ prefix: 'core/' });
    await until('a dead letter', async () => {
      for await (const { key } of objects.list('dead-letters/')) if (key.startsWith('dead-letters/log/')) return true;
      return false;
    });
  } finally {
    await core.remove();
    process.env = before;
  }
});

test('stopped, it is waited for and said; back again, it takes what it refused', async () => {
  const { objects, health } = await open({ timeout: '2s' });
  await objects.put('before', new Uint8Array([1]));
  await engine.kill();
  await expect(objects.put('meanwhile', new Uint8Array([2]))).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(health.view().parts).toMatchObject([{ part: 'objects', well: false }]);
  await engine.restart();
  await until('it is well again', () => health.view().well, { withinMs: 60_000 });
  await until('it takes writes', () => objects.put('meanwhile', new Uint8Array([2])).then(() => true), {
    withinMs: 60_000,
  });
  expect(await objects.get('before')).toEqual(new Uint8Array([1]));
});
