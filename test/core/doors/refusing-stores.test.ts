import { afterAll, beforeAll, expect, test } from 'vitest';
import { Health } from '../../../core/api/health.ts';
import { coreConfig } from '../../../core/config.ts';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { openStores } from '../../../core/stores.ts';
import { systemClock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Ledger } from '../../../lib/ledger.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { send, sendJson } from '../../support/core/send.ts';
import { until } from '../../support/until.ts';

/** The embedded stores, of which single ways can be made to refuse. */
let core: TestCore;
const refuses = { metrics: false, topic: '' };
beforeAll(async () => {
  core = await TestCore.make();
  const health = new Health(() => systemClock.now());
  const parts = {
    log: silentLog,
    clock: systemClock,
    registry: new Registry(),
    health,
    onRefused: async () => undefined,
    onRefusedSeries: async () => undefined,
  };
  const stores = await openStores(coreConfig.parse(core.config), parts);
  const { metrics, bus } = stores;
  const write = metrics.write.bind(metrics);
  metrics.write = (frames) => (refuses.metrics ? Promise.reject(new Error('ENOSPC')) : write(frames));
  const publish = bus.publish.bind(bus);
  bus.publish = (topic, records) =>
    topic === refuses.topic
      ? Promise.reject(new HeliographError('HG_CORE_STORE', 'the bus is full'))
      : publish(topic, records);
  await core.start({}, { stores });
});
afterAll(() => core.remove());

const now = Date.now();

async function values(query: string): Promise<string[]> {
  const { data } = await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query });
  return data.result.map(({ value }) => value[1]);
}

async function lines(text: string): Promise<number> {
  return (await core.get<LogPage>('/api/v1/logs', { q: text })).lines.length;
}

async function balanced(): Promise<void> {
  const view = await until('nothing is queued', async () => {
    const seen = await core.get<{ tiers: Ledger[]; hops: { state: string }[]; balanced: boolean }>('/api/v1/ledger');
    return seen.tiers.at(-1)!.entries.every((entry) => entry.queued.frames === 0) ? seen : null;
  });
  expect(view.balanced).toBe(true);
  expect(view.hops.map(({ state }) => state)).toEqual(view.hops.map(() => 'equal'));
}

test('a bus that refuses: 503 and when to come again; with a key all of it is stored once', async () => {
  const body = {
    metrics: [{ name: 'refused_once', value: 1, time: now }],
    logs: [
      { level: 'error', message: 'half a request, bad', time: now },
      { level: 'info', message: 'half a request, good', time: now },
    ],
  };
  const key = { 'idempotency-key': 'again' };
  refuses.topic = 'logs.error';
  const first = await sendJson(core, body, key);
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '1']);
  expect(JSON.parse(first.text).code).toBe('HG_CORE_STORE');
  await balanced();
  refuses.topic = '';
  const second = await sendJson(core, body, key);
  expect([second.status, JSON.parse(second.text).accepted]).toEqual([200, { samples: 1, lines: 2 }]);
  await until('both lines are there', async () => (await lines('half a request')) === 2);
  expect(await values('refused_once')).toEqual(['1']);
  await balanced();
  expect(await lines('half a request')).toBe(2);
});

test('a metric store that refuses: nothing of the request is taken, and no delta is summed up', async () => {
  const point = { asInt: 5, timeUnixNano: String(now * 1e6) };
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point] };
  const delta = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'refused', sum }] }] }] });
  const both = { metrics: [{ name: 'refused_all', value: 1 }], logs: [{ message: 'nothing of this' }] };
  refuses.metrics = true;
  for (const answer of [await send(core, '/v1/metrics', delta), await sendJson(core, both)]) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  }
  refuses.metrics = false;
  expect((await send(core, '/v1/metrics', delta)).text).toBe('{}');
  expect(await values('refused_total')).toEqual(['5']);
  expect((await sendJson(core, { logs: [{ message: 'behind it' }] })).status).toBe(200);
  await until('what came later is there', async () => (await lines('behind it')) === 1);
  expect([await lines('nothing of this'), await values('refused_all')]).toEqual([0, []]);
  await balanced();
});
