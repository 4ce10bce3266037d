import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { Ledger } from '../../../lib/ledger.ts';
import type { CardinalityReport } from '../../../lib/limits/report.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { sendJson } from '../../support/core/send.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
afterEach(() => core.remove());

const CAP = 100;

async function start(cardinality: object): Promise<void> {
  core = await TestCore.make();
  await core.start({ cardinality });
}

/** Users from..to, one value each, of one host. */
function users(time: number, from: number, to: number, host = 'web-1') {
  const metrics = Array.from({ length: to - from }, (_, i) => ({
    name: 'hits',
    labels: { user: `u${from + i}`, service: 'shop', job: 'web' },
    samples: [[time, 1]],
  }));
  return sendJson(core, { host, metrics });
}

async function vector(query: string): Promise<Vector['result']> {
  return (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result;
}

const value = async (query: string) => Number((await vector(query))[0]?.value[1]);
const counters = async () => (await fetch(core.url('/metrics'))).text();

test('a label that grows meets the cap: its series stay under it, the rest is summed up over requests, and an event names it', async () => {
  await start({ perMetricOfHost: CAP, growth: { settle: '1ms', perMinute: 1000 } });
  const time = Date.now();
  await users(time, 0, 10);
  await users(time, 0, 10, 'web-2');
  for (let from = 10; from < 5000; from += 998) {
    const { status, text } = await users(time, from, Math.min(5000, from + 998));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ rejected: [] });
  }
  expect(await value('count(hits{instance="web-1"})')).toBe(CAP + 1);
  expect((await vector('hits{heliograph_overflow="true"}'))[0]!.metric).toEqual({
    __name__: 'hits',
    heliograph_overflow: 'true',
    instance: 'web-1',
    job: 'web',
  });
  // Nothing is missing in the sum, and the neighbour has what it sent.
  expect(await value('sum(hits{instance="web-1"})')).toBe(5000);
  expect(await value('count(hits{instance="web-2"})')).toBe(10);
  expect(await counters()).toContain(`heliograph_core_door_folded_total{metric="hits"} ${5000 - CAP}`);

  const { cardinality } = await core.get<{ cardinality: CardinalityReport }>('/api/v1/cardinality', { top: '3' });
  expect(cardinality.top.label[0]!.key).toBe('hits{user}');
  expect(cardinality.admitted).toBe(CAP + 10);
  const [line] = await until('the event is a line', async () => {
    const { lines } = await core.get<LogPage>('/api/v1/logs', { q: 'series_growing' });
    return lines.length > 0 ? lines : null;
  });
  expect(line).toMatchObject({ 'service.name': 'heliograph', 'host.name': 'core-1' });
  expect(line!.fields).toMatchObject({
    'event.subject': 'web-1',
    metric: 'hits',
    label: 'user',
    team: 'service="shop"',
  });
  expect(line!.fields.values).toMatch(/u\d+/);
  await until('the ledger is even', async () => {
    const { balanced } = await core.get<{ balanced: boolean; tiers: Ledger[] }>('/api/v1/ledger');
    return balanced;
  });
});

test('a request that comes twice under its key is added up once', async () => {
  await start({ perMetricOfHost: 1 });
  const time = Date.now();
  const send = (key: string, user: string) =>
    sendJson(
      core,
      { host: 'web-1', metrics: [{ name: 'hits', labels: { user }, samples: [[time, 7]] }] },
      { 'idempotency-key': key },
    );
  await send('a', 'first');
  await send('b', 'second');
  await send('b', 'second');
  await send('c', 'third');
  expect(await value('hits{heliograph_overflow="true"}')).toBe(14);
});

test('a file of orders blocks, is read again, and a bad one keeps what was in force and says so', async () => {
  core = await TestCore.make();
  const file = join(core.directory, 'orders.yaml');
  writeFileSync(file, '[]');
  await core.start({ cardinality: { orders: file } });
  const time = Date.now();
  const send = async () =>
    JSON.parse((await users(time, 0, 1)).text).rejected.map(({ code }: { code: string }) => code);
  expect(await send()).toEqual([]);
  writeFileSync(file, `- block: 'hits{user!=""}'\n  why: a user is no label\n`);
  await until('it is blocked', async () => (await send())[0] === 'HG_ITEM_BLOCKED');
  writeFileSync(file, `- block: 'hits{user!="'\n  why: torn\n`);
  await until('it says so', async () => (await counters()).includes('heliograph_core_door_series_orders_refused 1'));
  expect(await send()).toEqual(['HG_ITEM_BLOCKED']);
  writeFileSync(file, '[]');
  await until('it goes on', async () => (await send()).length === 0);
});

test('where the section is not there, nothing is counted', async () => {
  core = await TestCore.make();
  await core.start();
  expect(await core.get('/api/v1/cardinality')).toEqual({ cardinality: null });
  expect((await fetch(core.url('/api/v1/cardinality', { top: 'x' }))).status).toBe(400);
});
