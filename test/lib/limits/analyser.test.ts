import { expect, test } from 'vitest';
import { mergedReport } from '../../../lib/limits/merged-report.ts';
import { TopKeys } from '../../../lib/limits/top-keys.ts';
import { Bench } from './setup.ts';

test('series by metric, by label, by host and by team, within the error of the sketches', () => {
  const bench = new Bench();
  const exact = new Map<string, number>();
  const count = (key: string, by: number) => exact.set(key, (exact.get(key) ?? 0) + by);
  for (let metric = 0; metric < 40; metric++) {
    const users = Math.ceil(20_000 / (metric + 1));
    for (let user = 0; user < users; user++) {
      for (const host of ['a', 'b']) {
        bench.judge(host, `m${metric}`, { user: `${user}`, team: `t${metric % 3}`, even: `${user % 2}` });
        count(host, 1);
      }
    }
    count(`m${metric}`, 2 * users);
    count(`m${metric}{user}`, users);
    count(`team="t${metric % 3}"`, 2 * users);
  }
  const report = bench.limits.report(40);
  const rows = Object.values(report.top).flat();
  for (const row of rows.filter(({ key }) => exact.has(key))) {
    const bound = row.key.length === 1 ? 0.26 : 0.13;
    expect(Math.abs(row.count / exact.get(row.key)! - 1), `${row.key} ${row.count}`).toBeLessThan(bound);
  }
  expect(report.top.metric[0]!.key).toBe('m0');
  expect(report.top.label[0]!.key).toBe('m0{user}');
  expect(report.top.metric.map(({ key }) => key).toSorted()).toEqual(
    Array.from({ length: 40 }, (_, i) => `m${i}`).toSorted(),
  );
  expect(report.metrics).toBe(40);
  const all = exact.get('a')! + exact.get('b')!;
  expect(Math.abs(report.series.count / all - 1)).toBeLessThan(0.04);
  expect(report.top.label.find(({ key }) => key === 'm0{even}')).toBeUndefined();
});

test('what is new within an hour and within a day, and what has gone', () => {
  const bench = new Bench();
  const see = (from: number, to: number) => {
    for (let i = from; i < to; i++) bench.judge('a', 'hits', { user: `${i}` });
  };
  const row = () => bench.limits.report(1).top.metric[0]!;
  see(0, 100);
  expect(row()).toMatchObject({ count: 100, newInHour: 100, newInDay: 100 });
  for (let part = 0; part < 9; part++) {
    bench.pass(20 * 60_000);
    see(0, 100);
  }
  expect(row()).toMatchObject({ count: 100, newInHour: 0, newInDay: 100 });
  see(100, 120);
  expect(row()).toMatchObject({ count: 120, newInHour: 20, newInDay: 120 });
  for (let part = 0; part < 75; part++) {
    bench.pass(20 * 60_000);
    see(0, 50);
  }
  expect(row()).toMatchObject({ count: 50, newInHour: 0, newInDay: 0 });
  see(0, 60);
  expect(row().newInHour).toBeLessThanOrEqual(10);
});

test('the heaviest keys are there however many light ones pass, and the table does not grow', () => {
  const table = new TopKeys<{ weight: number; own: number }>(50, (_, inherited) => ({ weight: inherited, own: 0 }));
  const add = (key: string) => {
    const entry = table.of(key);
    entry.weight++;
    entry.own++;
  };
  let total = 0;
  for (let i = 0; i < 100_000; i++) {
    add(`light-${i}`);
    add(`heavy-${i % 10}`);
    total += 2;
  }
  expect(table.size).toBe(50);
  for (let i = 0; i < 10; i++) {
    const entry = table.get(`heavy-${i}`);
    expect(entry).toBeDefined();
    // What it may be overrated by is bounded by the stream's weight over the room.
    expect(entry!.weight - entry!.own).toBeLessThanOrEqual(total / 50);
    expect(entry!.weight).toBeGreaterThanOrEqual(10_000);
  }
});

test('two processes as one: what both saw counts once, by what their sketches say', () => {
  const [a, b] = [new Bench(), new Bench()];
  for (let i = 0; i < 3000; i++) a.judge('a', 'hits', { user: `${i}` });
  for (let i = 2000; i < 5000; i++) b.judge('b', 'hits', { user: `${i}` });
  for (let i = 0; i < 10; i++) b.judge('b', 'misses', { user: `${i}` });
  const reports = [a, b].map(({ limits }) => JSON.parse(JSON.stringify(limits.report(10, true))));
  const whole = mergedReport(reports, 10)!;
  const key = (wanted: string) =>
    Object.values(whole.top)
      .flat()
      .find((one) => one.key === wanted)!;
  expect(Math.abs(key('hits').count / 6000 - 1)).toBeLessThan(0.13);
  expect(Math.abs(key('hits{user}').count / 5000 - 1)).toBeLessThan(0.13);
  expect(key('misses').count).toBe(10);
  expect(whole.admitted).toBe(6010);
  expect(JSON.stringify(whole)).not.toContain('sketch');
  expect(mergedReport([], 10)).toBeNull();
});
