import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '../../../lib/tokens/token-file.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';

let tiers: TwoTiers;
let token: string;
let tokenForLines: string;
beforeAll(async () => {
  tiers = await TwoTiers.open({
    core: {},
    relay: { doors: { http: { listen: '127.0.0.1:0' }, limits: { bodyBytes: '64KiB', unpackedBytes: '256KiB' } } },
  });
  const file = join(tiers.core.directory, 'relay', 'tokens.json');
  const made = { name: 'plant', anyHost: false, created: Date.now(), expires: null };
  token = createToken(file, { ...made, scopes: ['ingest:metrics'] });
  tokenForLines = createToken(file, { ...made, name: 'lines', scopes: ['ingest:logs'] });
});
afterAll(() => tiers.close());

const now = Date.now();

function write(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${tiers.relay.addresses.doors}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: typeof body === 'string' ? body : Buffer.from(body),
  });
}

async function found(query: string, count = 1): Promise<Vector['result']> {
  let result: Vector['result'] = [];
  await until(`${count} series of ${query}`, async () => {
    result = (await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
    return result.length === count;
  });
  return result;
}

test('what Telegraf sends to the second API: packed, a token, nanoseconds, texts beside numbers', async () => {
  const lines = [
    `cpu,cpu=cpu-total,host=gw\\ 7 usage_idle=98.5,usage_user=1i ${now}000000`,
    `system,host=gw\\ 7 load1=0.25,n_cpus=4u,up=true,uptime_format="1 day,  2:03" ${now}000000`,
  ];
  const answer = await write('/api/v2/write?org=o&bucket=b', gzipSync(`${lines.join('\n')}\n`), {
    authorization: `Token ${token}`,
    'content-encoding': 'gzip',
    'user-agent': 'Telegraf/1.32.0',
  });
  expect([answer.status, await answer.text()]).toEqual([204, '']);
  const [idle] = await found('cpu_usage_idle');
  expect(idle!.metric).toEqual({
    __name__: 'cpu_usage_idle',
    cpu: 'cpu-total',
    host: 'gw 7',
    instance: 'plant',
    site: 'north',
  });
  expect((await found('{__name__=~"system_.*"}', 3)).map(({ value }) => value[1]).sort()).toEqual(['0.25', '1', '4']);
  const labels = 'door="influx_v2",kind="metric",code="HG_ITEM_TEXT"';
  expect(await tiers.relayPage('/metrics')).toContain(`heliograph_relay_door_refused_total{${labels}} 1\n`);
});

test('the first API: Basic with the token for a password, a database, seconds, and the content type of curl', async () => {
  const basic = Buffer.from(`anybody:${token}`).toString('base64');
  const body = `temp,room=a value=21.5 ${Math.floor(now / 1000)}`;
  const answer = await write('/write?db=home&precision=s&rp=autogen', body, {
    authorization: `Basic ${basic}`,
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect(answer.status).toBe(204);
  const [series] = await found('temp_value');
  expect(series!.metric).toMatchObject({ db: 'home', room: 'a', instance: 'plant' });
});

test('without a token on loopback, without a content type and without a time', async () => {
  const url = `http://127.0.0.1:${tiers.relay.addresses.doors}/write`;
  // Bytes: fetch writes no content type of its own.
  const answer = await fetch(url, { method: 'POST', body: new TextEncoder().encode('bare,instance=x v=1') });
  expect(answer.status).toBe(204);
  expect((await found('bare_v'))[0]!.metric).toEqual({ __name__: 'bare_v', instance: 'x', site: 'north' });
});

test('good lines are taken beside bad ones, which the answers of both APIs name', async () => {
  const text = ['part v=1', 'part,no v=2', 'part v=x', `part,old=1 v=3 ${now - 40 * 86_400_000}000000`, 'part,k=2 v=4'];
  const second = await write('/api/v2/write', text.join('\n'));
  expect(second.status).toBe(400);
  const told = (await second.json()) as { code: string; message: string; line: number };
  expect(told).toMatchObject({ code: 'invalid', line: 2 });
  expect(told.message).toMatch(
    /^partial write: 3 were refused, 2 values are stored: line 2: HG_ITEM_VALUE: .*no.*; line 3: .*; line 4: HG_ITEM_TIME: /,
  );
  await found('part_v', 2);
  const first = await write('/write', text.join('\n'));
  expect([first.status, await first.json()]).toEqual([
    400,
    { error: expect.stringMatching(/^partial write: .* dropped=3$/) },
  ]);
});

test('two values for one millisecond: the first', async () => {
  const answer = await write('/write', `twice v=1 ${now}000001\ntwice v=2 ${now}000002`);
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('HG_ITEM_DUPLICATE')]);
  expect((await found('twice_v'))[0]!.value[1]).toBe('1');
});

test('requests that are refused whole, in the form that clients read', async () => {
  const refused = async (body: string | Uint8Array, headers: Record<string, string>, path = '/api/v2/write') => {
    const answer = await write(path, body, headers);
    return [answer.status, ((await answer.json()) as { code: string }).code];
  };
  const line = 'm v=1';
  expect(await refused(line, {}, '/api/v2/write?precision=week')).toEqual([400, 'invalid']);
  expect(await refused(line, { authorization: 'Token wrong' })).toEqual([401, 'unauthorized']);
  expect(await refused(line, { authorization: `Basic ${Buffer.from(token).toString('base64')}` })).toEqual([
    401,
    'unauthorized',
  ]);
  expect(await refused(line, { authorization: `Token ${tokenForLines}` })).toEqual([403, 'forbidden']);
  expect(await refused(line, { 'content-encoding': 'lzw' })).toEqual([415, 'invalid']);
  expect(await refused(line, { 'content-encoding': 'gzip' })).toEqual([400, 'invalid']);
  expect(await refused(Buffer.alloc(65_537, 'a'), {})).toEqual([413, 'request too large']);
  expect(await refused(gzipSync(Buffer.alloc(300_000, 'a\n')), { 'content-encoding': 'gzip' })).toEqual([
    413,
    'request too large',
  ]);
  const page = await tiers.relayPage('/metrics');
  expect(page).toContain('heliograph_relay_door_refused_requests_total{door="influx_v2",code="HG_DOOR_TOKEN"} 2\n');
  expect(page).toContain('heliograph_relay_door_refused_requests_total{door="influx_v2",code="HG_DOOR_BODY"} 2\n');
});

test('what clients ask before they write', async () => {
  const ask = (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${tiers.relay.addresses.doors}${path}`, { method });
  for (const method of ['GET', 'HEAD']) {
    const ping = await ask('/ping', method);
    expect([ping.status, ping.headers.get('x-influxdb-version')]).toEqual([204, '1.8.10']);
  }
  expect(await (await ask('/health')).json()).toMatchObject({ status: 'pass' });
});

test('a core has the same doors', async () => {
  const url = tiers.core.url('/api/v2/write', { precision: 'ms' });
  const answer = await fetch(url, { method: 'POST', body: `core,a=b v=7 ${now}` });
  expect(answer.status).toBe(204);
  expect((await found('core_v'))[0]!.value[1]).toBe('7');
  expect((await fetch(tiers.core.url('/ping'))).status).toBe(204);
});
