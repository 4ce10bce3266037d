import { request } from 'node:http';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCore } from '../../support/core/core.ts';
import { send } from '../../support/core/send.ts';
import { until } from '../../support/until.ts';

/** The limits of a small core, so that the bombs of the test can be small, too. */
let core: TestCore;
beforeAll(async () => {
  core = await (await TestCore.make()).start({
    push: {
      limits: { bodyBytes: '256KiB', unpackedBytes: '1MiB', waitingBytes: '1MiB', requestsPerSecond: 500, burst: 500 },
    },
  });
});
afterAll(() => core.remove());

const code = (text: string): string => /HG_[A-Z_]+/.exec(text)?.[0] ?? text;

describe.each(['/v1/ingest', '/v1/metrics', '/v1/logs'])('%s', (path) => {
  const json = { 'content-type': 'application/json' };

  test.each<[string, string | Uint8Array, Record<string, string>, number, string]>([
    ['text', '{}', { 'content-type': 'text/plain' }, 415, 'HG_DOOR_TYPE'],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'HG_DOOR_TYPE'],
    ['an unknown encoding', '{}', { 'content-encoding': 'compress' }, 415, 'HG_DOOR_ENCODING'],
    ['no gzip', '{}', { 'content-encoding': 'gzip' }, 400, 'HG_DOOR_UNPACK'],
    ['no zstd', '{}', { 'content-encoding': 'zstd' }, 400, 'HG_DOOR_UNPACK'],
    ['an empty body', '', {}, 400, 'HG_DOOR_SYNTAX'],
    ['half a document', '{"metrics":[', {}, 400, 'HG_DOOR_SYNTAX'],
    ['a list', '[]', {}, 400, 'HG_DOOR_SYNTAX'],
    ['NaN as JSON has it not', '{"metrics":[{"name":"a","value":NaN}]}', {}, 400, 'HG_DOOR_SYNTAX'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), json, 400, 'HG_DOOR_SYNTAX'],
    ['a deep document', `{"a":${'['.repeat(100_000)}`, {}, 400, 'HG_DOOR_DEPTH'],
    ['deep in what is not looked at', `{"x":${'{"x":'.repeat(40)}1${'}'.repeat(41)}`, {}, 400, 'HG_DOOR_DEPTH'],
    ['a gzip bomb', gzipSync(Buffer.alloc(50 << 20)), { ...json, 'content-encoding': 'gzip' }, 413, 'HG_DOOR_BODY'],
    [
      'a zstd bomb',
      zstdCompressSync(Buffer.alloc(1 << 30)),
      { ...json, 'content-encoding': 'zstd' },
      413,
      'HG_DOOR_BODY',
    ],
    ['too much', ' '.repeat(300 << 10), {}, 413, 'HG_DOOR_BODY'],
    ['no protobuf', Buffer.from('hello there, I am no protobuf'), {}, 400, 'HG_DOOR_SYNTAX'],
    ['a length beyond the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f]), {}, 400, 'HG_DOOR_SYNTAX'],
  ])('%s', async (_, body, headers, status, wanted) => {
    const answer = await send(core, path, body, headers);
    expect([answer.status, code(answer.text)]).toEqual([status, wanted]);
  });
});

describe('/api/v1/write', () => {
  const snappy = { 'content-encoding': 'snappy' };
  test.each<[string, Uint8Array, Record<string, string>, number, string]>([
    ['JSON', Buffer.from('{}'), { 'content-type': 'application/json' }, 415, 'HG_DOOR_TYPE'],
    [
      'another message',
      Buffer.alloc(0),
      { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' },
      415,
      'HG_DOOR_TYPE',
    ],
    ['no snappy', Buffer.from('hello, I am no snappy'), snappy, 400, 'HG_DOOR_UNPACK'],
    ['a snappy length without a body', Buffer.from([0xff, 0xff, 0x3f]), snappy, 400, 'HG_DOOR_UNPACK'],
    ['a snappy bomb', compressSync(Buffer.alloc(3 << 20)), snappy, 413, 'HG_DOOR_BODY'],
    ['no protobuf', compressSync(Buffer.from('hello, I am no protobuf')), snappy, 400, 'HG_DOOR_SYNTAX'],
    [
      'invalid UTF-8 in a label',
      compressSync(Buffer.from([10, 7, 10, 5, 10, 3, 0xff, 0xfe, 0xfd])),
      snappy,
      400,
      'HG_DOOR_SYNTAX',
    ],
  ])('%s', async (_, body, headers, status, wanted) => {
    const answer = await send(core, '/api/v1/write', body, headers);
    expect([answer.status, code(answer.text)]).toEqual([status, wanted]);
  });
});

test('of a gigabyte only what is allowed is read, and memory stays', async () => {
  const size = 1 << 30;
  const chunk = Buffer.alloc(1 << 20, 0x20);
  for (const headers of [{ 'content-length': String(size) }, { 'transfer-encoding': 'chunked' }]) {
    const before = process.memoryUsage().rss;
    let most = 0;
    const { status, written } = await new Promise<{ status: number; written: number }>((resolve, reject) => {
      let sent = 0;
      const call = request(core.url('/v1/ingest'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      });
      let answered = 0;
      call.on('response', (answer) => {
        answered = answer.statusCode!;
        answer.resume();
        resolve({ status: answered, written: sent });
        call.destroy();
      });
      call.on('error', (error) => (answered === 0 ? reject(error) : undefined));
      const write = () => {
        while (sent < size && !call.destroyed) {
          sent += chunk.length;
          most = Math.max(most, process.memoryUsage().rss);
          if (!call.write(chunk)) {
            call.once('drain', write);
            return;
          }
        }
      };
      write();
    });
    expect(status).toBe(413);
    // What the kernel holds of a socket, and no more.
    expect(written).toBeLessThan(64 << 20);
    expect(most - before).toBeLessThan(128 << 20);
  }
});

test('bodies that come slowly count from their first byte on: 503 beyond, and those that break off are forgotten', async () => {
  // Nearly the share of one client that is alone.
  const slow = [200, 200, 200, 150].map((kibibytes) => {
    const call = request(core.url('/v1/ingest'), { method: 'POST', headers: { 'content-type': 'application/json' } });
    call.on('error', () => undefined);
    call.write(Buffer.alloc(kibibytes << 10, 0x20));
    return call;
  });
  const waits = () => Number(/^heliograph_core_door_waiting_bytes (\d+)$/m.exec(core.registry.render())![1]);
  await until('all of it came', () => waits() === 750 << 10);
  const refused = await send(core, '/v1/ingest', ' '.repeat(100 << 10));
  expect([refused.status, code(refused.text), refused.headers.get('retry-after')]).toEqual([503, 'HG_DOOR_BUSY', '1']);
  const [first, ...others] = slow;
  const answer = new Promise<number>((resolve) => first!.on('response', ({ statusCode }) => resolve(statusCode!)));
  first!.end('{"metrics":[{"name":"slow","value":1}]}');
  expect(await answer).toBe(200);
  for (const call of others) call.destroy();
  await until('nothing waits', () => waits() === 0);
});

test('everything that was refused is counted by door and code, and the doors still work', async () => {
  const page = core.registry.render();
  expect(page).toMatch(/heliograph_core_door_refused_requests_total\{door="ingest",code="HG_DOOR_DEPTH"\} 2/);
  expect(page).toMatch(/heliograph_core_door_refused_requests_total\{door="remote_write",code="HG_DOOR_UNPACK"\} 2/);
  expect(page).toContain('heliograph_core_door_waiting_bytes 0');
  const answer = await send(core, '/v1/ingest', '{"metrics":[{"name":"a","value":1}]}');
  expect(answer.status).toBe(200);
});
