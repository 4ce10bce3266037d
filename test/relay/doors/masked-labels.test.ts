import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { post, type SentSeries, writeRequest, writeRequest2 } from './prometheus.ts';

let tiers: TwoTiers;
let door: number;
beforeAll(async () => {
  tiers = await TwoTiers.open({ core: {}, relay: { doors: { http: { listen: '127.0.0.1:0' } } } });
  door = tiers.relay.addresses.doors;
});
afterAll(() => tiers.close());

const now = Date.now();
const V2_TYPE = { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' };
const SECRETS = { password: 'hunter2', 'api.token': 'abcd', user: 'bob' };
const COVERED = { password: '*******', user: 'bob' };

async function found(query: string, count = 1): Promise<Vector['result']> {
  let result: Vector['result'] = [];
  await until(`${count} series of ${query}`, async () => {
    result = (await tiers.core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
    return result.length === count;
  });
  return result;
}

test('a label whose name says that it is a secret is covered, whatever it came by', async () => {
  const series = (name: string) => [{ labels: { __name__: name, ...SECRETS }, samples: [[now, 1] as const] }];
  expect((await post(door, '/api/v1/write', writeRequest(series('one')))).status).toBe(204);
  expect((await post(door, '/api/v1/write', writeRequest2(series('two')), V2_TYPE)).status).toBe(204);
  const attributes = Object.entries(SECRETS).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const point = { timeUnixNano: `${now}000000`, asDouble: 1, attributes };
  const metrics = [{ name: 'three', gauge: { dataPoints: [point] } }];
  expect((await post(door, '/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })).status).toBe(200);
  const tags = Object.entries(SECRETS).map(([name, value]) => `${name}=${value}`);
  const line = Buffer.from(`four,${tags.join(',')} value=1`);
  expect((await post(door, '/api/v2/write', line, { 'content-type': 'text/plain' })).status).toBe(204);
  for (const name of ['one', 'two']) {
    expect((await found(name))[0]!.metric).toMatchObject({ ...COVERED, 'api.token': '****' });
  }
  for (const name of ['three', 'four_value']) {
    expect((await found(name))[0]!.metric).toMatchObject({ ...COVERED, api_token: '****' });
  }
});

test('series that differ in a covered label, or in the order of labels, are one, and their request is taken', async () => {
  const series: SentSeries[] = [
    { labels: { __name__: 'log_in', password: 'aaa' }, samples: [[now, 1] as const] },
    { labels: { __name__: 'log_in', password: 'bbb' }, samples: [[now + 1, 2] as const] },
    { labels: { __name__: 'turned', a: '1', b: '2' }, samples: [[now, 3] as const] },
    { labels: { b: '2', a: '1', __name__: 'turned' }, samples: [[now + 1, 4] as const] },
  ];
  for (let time = 0; time < 2; time++) {
    expect((await post(door, '/api/v1/write', writeRequest(series))).status).toBe(204);
  }
  expect((await found('sum_over_time(log_in[1m])'))[0]).toMatchObject({ metric: { password: '***' } });
  expect((await found('sum_over_time(turned[1m])'))[0]!.value[1]).toBe('7');
});
