import { expect, test } from 'vitest';
import { Bench } from './setup.ts';

/** A fleet that has been here for a while. */
function settled(more?: ConstructorParameters<typeof Bench>[0]): Bench {
  const bench = new Bench(more);
  for (const host of ['web-1', 'web-2']) {
    for (let cpu = 0; cpu < 8; cpu++) bench.judge(host, 'cpu', { cpu: `${cpu}` });
    for (let path = 0; path < 20; path++) bench.judge(host, 'hits', { path: `/${path}`, service: 'shop' });
  }
  bench.pass(40_000);
  return bench;
}

/** 100,000 users in a minute. @returns seconds until it was told; -1: never */
function bomb(bench: Bench): number {
  let after = -1;
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 1667; i++) {
      bench.judge('web-1', 'hits', { path: `/${i % 20}`, service: 'shop', user: `u${second * 1667 + i}` });
    }
    bench.pass(1000);
    if (after < 0 && bench.told.length > 0) after = second + 1;
  }
  return after;
}

test('a label that grows is named within seconds: metric, label, host, team, count, values; and its end', () => {
  const bench = settled();
  expect(bomb(bench)).toBeLessThanOrEqual(10);
  expect(bench.told.length).toBe(1);
  const [{ kind, growing }] = bench.told as [(typeof bench.told)[number]];
  expect(kind).toBe('begun');
  expect(growing).toMatchObject({ metric: 'hits', label: 'user', host: 'web-1', team: 'service="shop"', usual: 0 });
  expect(growing.count).toBeGreaterThan(1000);
  expect(growing.values.length).toBe(3);
  expect(growing.values.every((value) => /^u\d+$/.test(value))).toBe(true);
  expect(bench.limits.report(5).growing.length).toBe(1);
  bench.pass(120_000);
  expect(bench.told.map((one) => one.kind)).toEqual(['begun', 'ended']);
  expect(bench.limits.report(5).growing).toEqual([]);
});

test('the same cause is not told again within the hour, and once more after it', () => {
  const bench = settled();
  bomb(bench);
  bench.pass(600_000);
  const users = (from: number) => {
    for (let i = 0; i < 30_000; i++) bench.judge('web-1', 'hits', { user: `v${from + i}` });
    bench.pass(5000);
  };
  users(0);
  bench.pass(120_000);
  expect(bench.told.map((one) => one.kind)).toEqual(['begun', 'ended']);
  bench.pass(3_600_000);
  users(100_000);
  expect(bench.told.map((one) => one.kind)).toEqual(['begun', 'ended', 'begun']);
});

test('a fleet that comes back after a restart is no growth, nor is a host that comes with many series', () => {
  const bench = new Bench();
  for (let second = 0; second < 15; second++) {
    for (let i = 0; i < 100; i++) {
      const host = `web-${second * 100 + i}`;
      for (let cpu = 0; cpu < 4; cpu++) bench.judge(host, 'cpu', { cpu: `${cpu}`, uuid: `${host}-${cpu}` });
    }
    bench.pass(1000);
  }
  bench.pass(60_000);
  for (let i = 0; i < 20_000; i++) bench.judge('new-1', 'files', { name: `${i}` });
  bench.pass(60_000);
  expect(bench.told).toEqual([]);
});

test('what grows all the time is not told for as long as it is usual', () => {
  const bench = settled({ growth: { repeatMs: 1000 } });
  for (let minute = 0; minute < 70; minute++) {
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 10; i++) bench.judge('web-1', 'pods', { pod: `${minute}-${second}-${i}` });
      bench.pass(1000);
    }
  }
  // 600 a minute are below the first number; 3000 are above it, and five times the usual.
  for (let i = 0; i < 3000; i++) bench.judge('web-1', 'pods', { pod: `more-${i}` });
  bench.pass(5000);
  expect(bench.told).toEqual([]);
  for (let i = 0; i < 9000; i++) bench.judge('web-1', 'pods', { pod: `most-${i}` });
  bench.pass(5000);
  expect(bench.told.map(({ growing }) => [growing.metric, growing.label])).toEqual([['pods', 'pod']]);
});

test('names of metrics that grow are told of the host', () => {
  const bench = settled();
  for (let i = 0; i < 6000; i++) bench.judge('web-2', `jobs_${i}`, {});
  bench.pass(2000);
  expect(bench.told.map(({ growing }) => growing)).toMatchObject([{ metric: '', label: '__name__', host: 'web-2' }]);
  expect(bench.told[0]!.growing.values[2]).toMatch(/^jobs_5\d+$/);
});
