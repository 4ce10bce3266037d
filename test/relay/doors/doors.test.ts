import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { runCli } from '../../support/run-cli.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { post, writeRequest, writeRequest2 } from './prometheus.ts';

let tiers: TwoTiers;
let door: number;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  tiers = await TwoTiers.open({
    core: {},
    relay: { doors: { http: { listen: '127.0.0.1:0' }, limits: { bodyBytes: '1MiB', seriesPerClient: 500 } } },
  });
  door = tiers.relay.addresses.doors;
  for (const [name, anyHost] of [
    ['shop', false],
    ['agent', true],
    ['bomb', false],
  ] as const) {
    const file = join(tiers.core.directory, 'relay', 'tokens.json');
    const created = Date.now();
    const scopes = name === 'agent' ? (['ingest:metrics', 'ingest:logs'] as const) : (['ingest:metrics'] as const);
    tokens[name] = createToken(file, { name, scopes: [...scopes], anyHost, created, expires: null });
  }
});
afterAll(() => tiers.close());

const now = Date.now();
const bearer = (name: string) => ({ authorization: `Bearer ${tokens[name]}` });
const V2_TYPE = { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' };

async function found(query: string, count = 1): Promise<Vector['result']> {
  let result: Vector['result'] = [];
  await until(`${count} series of ${query}`, async () => {
    result = (await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
    return result.length === count;
  });
  return result;
}

test('remote write 1.0: labels that a page may not have, several times of a series, a series without instance', async () => {
  const answer = await post(
    door,
    '/api/v1/write',
    writeRequest([
      {
        labels: { __name__: 'up', instance: 'a:9100', host: 'h', site: 's', '@odd': '1', job: 'node' },
        samples: [
          [now - 2000, 1],
          [now - 1000, 2],
        ],
      },
      { labels: { __name__: 'free', job: 'x' }, samples: [[now, 0.1]] },
    ]),
  );
  expect([answer.status, answer.headers.get('x-prometheus-remote-write-samples-written')]).toEqual([204, '3']);
  expect((await found('up'))[0]!.metric).toEqual({
    __name__: 'up',
    instance: 'a:9100',
    host: 'h',
    site: 'north',
    exported_site: 's',
    '@odd': '1',
    job: 'node',
  });
  expect((await found('sum_over_time(up[1m])'))[0]!.value[1]).toBe('3');
  expect((await found('free'))[0]!.metric).toEqual({ __name__: 'free', job: 'x', site: 'north' });
});

test('remote write 2.0 with zstd, and a token that may not speak for others', async () => {
  const body = zstdCompressSync(
    writeRequest2([{ labels: { __name__: 'v2', instance: 'x', job: 'j' }, samples: [[now, 5]] }]),
  );
  const answer = await post(door, '/api/v1/write', body, {
    ...V2_TYPE,
    'content-encoding': 'zstd',
    ...bearer('shop'),
  });
  expect(answer.status).toBe(204);
  const [series] = await found('v2');
  expect(series!.metric).toEqual({
    __name__: 'v2',
    instance: 'shop',
    exported_instance: 'x',
    job: 'j',
    site: 'north',
  });
});

test('a stale marker keeps its bits, and many series pass in few frames', async () => {
  const body = writeRequest([{ labels: { __name__: 'ends' }, samples: [[now, 1.5]] }]);
  const at = Buffer.from(body).indexOf(Buffer.from([0, 0, 0, 0, 0, 0, 0xf8, 0x3f]));
  body.set([2, 0, 0, 0, 0, 0, 0xf0, 0x7f], at);
  const before = writeRequest([{ labels: { __name__: 'ends' }, samples: [[now - 1000, 7]] }]);
  expect((await post(door, '/api/v1/write', before)).status).toBe(204);
  await found('ends');
  expect((await post(door, '/api/v1/write', body)).status).toBe(204);
  await found('ends', 0);
  const frames = (await tiers.relayLedger('metric')).in.frames;
  const one = (i: number) =>
    post(door, '/api/v1/write', writeRequest([{ labels: { __name__: 'wide', id: `${i}` }, samples: [[now, i]] }]));
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => one(i)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  expect((await found('count(wide) == 200'))[0]!.value[1]).toBe('200');
  expect((await tiers.relayLedger('metric')).in.frames - frames).toBeLessThan(200);
});

test('OTLP over HTTP: metrics, and lines with their class and host, card numbers covered', async () => {
  const gauge = { name: 'depth', gauge: { dataPoints: [{ timeUnixNano: `${now}000000`, asDouble: 3 }] } };
  const metrics = await post(
    door,
    '/v1/metrics',
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [gauge] }] }] },
    bearer('agent'),
  );
  expect([metrics.status, await metrics.text()]).toEqual([200, '{}']);
  expect((await found('depth'))[0]!.value[1]).toBe('3');
  const resource = { attributes: [{ key: 'host.name', value: { stringValue: 'web-7' } }] };
  const record = (severityText: string, stringValue: string) => ({
    timeUnixNano: `${now}000000`,
    severityText,
    body: { stringValue },
  });
  const logRecords = [record('ERROR', 'paid with 4111 1111 1111 1111'), record('INFO', 'ready')];
  const lines = await post(
    door,
    '/v1/logs',
    { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] },
    bearer('agent'),
  );
  expect(lines.status).toBe(200);
  let page: LogPage['lines'] = [];
  await until('two lines', async () => {
    page = (await tiers.core.get<LogPage>('/api/v1/logs', { host: 'web-7' })).lines;
    return page.length === 2;
  });
  expect(page.map(({ message }) => message).join()).not.toContain('4111');
  expect((await tiers.relayLedger('error')).in.items).toBe(1);
  expect((await tiers.relayLedger('log')).in.items).toBe(1);
});

test('what is bad is refused by its code, and what is good beside it is kept', async () => {
  const good = { labels: { __name__: 'beside' }, samples: [[now, 1]] as const };
  const mixed = await post(
    door,
    '/api/v1/write',
    writeRequest([
      good,
      { labels: { a: 'nameless' }, samples: good.samples },
      { labels: { __name__: 'long', a: 'ü'.repeat(3000) }, samples: good.samples },
      { labels: { __name__: 'future' }, samples: [[now + 86_400_000, 1]] },
      { labels: { __name__: 'past' }, samples: [[1000, 1]] },
    ]),
  );
  expect(mixed.status).toBe(400);
  expect(await mixed.text()).toMatch(/4 samples were refused, 1 are stored.*HG_ITEM_LABELS/s);
  await found('beside');
  const statusOf = async (body: Uint8Array | object, headers: Record<string, string>, path = '/api/v1/write') =>
    (await post(door, path, body, headers)).status;
  const request = writeRequest([good]);
  expect(await statusOf(request, { 'content-type': 'text/plain' })).toBe(415);
  expect(await statusOf(request, { 'content-encoding': 'lzw' })).toBe(415);
  expect(await statusOf(request, { 'content-encoding': 'snappy' })).toBe(400);
  expect(await statusOf(request.subarray(0, 9), {})).toBe(400);
  expect(await statusOf(request, { authorization: 'Bearer hgt_wrong' })).toBe(401);
  expect(await statusOf({ resourceLogs: [] }, bearer('shop'), '/v1/logs')).toBe(403);
  expect(await statusOf(Buffer.alloc(2 << 20), { 'content-encoding': 'identity' })).toBe(413);
  expect(await statusOf({}, {}, '/v1/ingest')).toBe(404);
  const bomb = Array.from({ length: 600 }, (_, i) => ({
    labels: { __name__: 'bomb', user: `${i}` },
    samples: [[now, i]] as const,
  }));
  const capped = await post(door, '/api/v1/write', writeRequest(bomb), bearer('bomb'));
  expect([capped.status, await capped.text()]).toEqual([400, expect.stringContaining('HG_ITEM_SERIES_CAP')]);
  await found('count(bomb) == 500');
  const page = await tiers.relayPage('/metrics');
  expect(page).toContain('heliograph_relay_door_over_series_cap_total{metric="bomb"} 100');
  expect(page).toMatch(/heliograph_relay_door_refused_requests_total\{[^}]*code="HG_DOOR_TOKEN"[^}]*\} 1/);
});

test('the ledger of the relay is even', async () => {
  for (const name of ['metric', 'log', 'error'] as const) {
    await until(`nothing of ${name} waits`, async () => (await tiers.relayLedger(name)).queued.items === 0);
    const { in: came, out, dropped, repeated } = await tiers.relayLedger(name);
    expect(out).toEqual(came);
    expect([dropped, repeated.items]).toEqual([{}, 0]);
  }
});

test('who sends by the doors stands in the status, with where from and how much, for scripts and for people', async () => {
  const { doors } = JSON.parse(await tiers.relayPage('/status.json')) as RelayStatus;
  const shop = doors!.rows.find(({ door: name, client }) => name === 'remote_write' && client === 'shop');
  expect(shop).toMatchObject({ address: expect.stringMatching(/127\.0\.0\.1$/) });
  const local = doors!.rows.find(({ client }) => client === 'local');
  expect((local ?? shop)!.samples).toBeGreaterThan(0);
  expect(doors!.clients).toBe(doors!.rows.length);
  const page = `http://127.0.0.1:${tiers.relay.addresses.http}`;
  const { out } = await runCli(['relay', 'status', '--relay', page]);
  expect(out).toMatch(/^DOOR +CLIENT +ADDRESS +SINCE +LAST +SAMPLES +LINES +REFUSED$/m);
  expect(out).toMatch(/^remote_write +\S+ +\S*127\.0\.0\.1 /m);
});
