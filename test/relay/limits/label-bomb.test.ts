import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import type { CardinalityReport } from '../../../lib/limits/report.ts';
import { TwoTiers } from '../../support/two-tiers.ts';
import { until } from '../../support/until.ts';
import { samplesFrame, sentPage } from '../rollup/samples.ts';

const CAP = 50;
const PAGES = 20;
const USERS = 200;

let tiers: TwoTiers;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-limits-'));
  writeFileSync(join(folder, 'orders.yaml'), '[]');
  tiers = await TwoTiers.open({
    core: {},
    relay: {
      cardinality: {
        perMetricOfHost: CAP,
        growth: { perMinute: 1000, settle: '1ms' },
        orders: join(folder, 'orders.yaml'),
      },
    },
  });
});
afterEach(async () => {
  await tiers.close();
  rmSync(folder, { recursive: true, force: true });
});

async function value(query: string, time: number): Promise<number> {
  const { data } = await tiers.core.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
    query,
    time: String(time / 1000),
  });
  return Number(data.result[0]?.value[1] ?? Number.NaN);
}

/** Of class metric, when nothing waits any more. */
const settled = (frames: number) =>
  until('all is acknowledged', async () => {
    const ledger = await tiers.relayLedger('metric');
    return ledger.in.frames >= frames && ledger.queued.frames === 0 ? ledger : null;
  });

test('a label that grows meets the cap: the core has few series and the whole sum, the alert names who, nobody else notices, and a block ends it', async () => {
  const time = Date.now();
  const calm = await tiers.connect('calm');
  const page = sentPage([
    { name: 'hits', labels: { code: '200' } },
    { name: 'hits', labels: { code: '500' } },
  ]);
  await calm.define(page.content);
  await calm.send('metric', { frame: samplesFrame(page, 1, [[time, 1, 2]]) } as never);
  const bomb = await tiers.connect('bomb');
  let sum = 0;
  for (let i = 0; i < PAGES; i++) {
    const users = sentPage(
      Array.from({ length: USERS }, (_, j) => ({
        name: 'hits',
        labels: { service: 'shop', user: `u${i * USERS + j}` },
      })),
    );
    const values = Array.from({ length: USERS }, (_, j) => i + j);
    sum += values.reduce((all, one) => all + one, 0);
    await bomb.define(users.content);
    await bomb.send('metric', { frame: samplesFrame(users, i + 1, [[time, ...values]]) } as never);
  }
  const entry = await settled(PAGES + 1);
  const overflows = await value('count(hits{instance="bomb",heliograph_overflow="true"})', time);
  expect(entry.dropped).toEqual({ series_cap: { frames: 0, items: PAGES * USERS - CAP - overflows } });
  // One frame of an instant has one sum; several have parts.
  expect(overflows).toBeLessThanOrEqual(PAGES);
  expect(await value('count(hits{instance="bomb",user!=""})', time)).toBe(CAP);
  expect(await value('sum(hits{instance="bomb"})', time)).toBe(sum);
  expect(await value('sum(hits{instance="calm"})', time)).toBe(3);
  expect(await value('count(hits{instance="calm"})', time)).toBe(2);

  const [line] = await until('the alert is at the core', async () => {
    const { lines } = await tiers.core.get<LogPage>('/api/v1/logs', { q: 'series_growing' });
    return lines.length > 0 ? lines : null;
  });
  expect(line!.fields).toMatchObject({
    'event.subject': 'bomb',
    metric: 'hits',
    label: 'user',
    team: 'service="shop"',
  });
  expect(line!.fields.values).toMatch(/u\d+/);

  const report = JSON.parse(await tiers.relayPage('/cardinality.json?top=3')) as CardinalityReport;
  expect(report.top.label[0]!.key).toBe('hits{user}');
  expect(report.admitted).toBe(CAP + 2);
  const status = JSON.parse(await tiers.relayPage('/status.json')) as { cardinality: { orders: number } };
  expect(status.cardinality.orders).toBe(0);

  writeFileSync(join(folder, 'orders.yaml'), `- block: 'hits{user!=""}'\n  why: a user is no label\n`);
  await until('the block is in force', async () => {
    const { cardinality } = JSON.parse(await tiers.relayPage('/status.json')) as { cardinality: { orders: number } };
    return cardinality.orders === 1;
  });
  const again = sentPage(
    Array.from({ length: USERS }, (_, j) => ({ name: 'hits', labels: { service: 'shop', user: `u${j}` } })),
  );
  await bomb.send('metric', {
    frame: samplesFrame(again, PAGES + 1, [[time + 1000, ...new Array<number>(USERS).fill(1)]]),
  } as never);
  await calm.send('metric', { frame: samplesFrame(page, 2, [[time + 1000, 3, 4]]) } as never);
  const after = await settled(PAGES + 3);
  expect(after.dropped.blocked).toEqual({ frames: 0, items: USERS });
  expect(await value('sum(hits{instance="calm"})', time + 1000)).toBe(7);
});
