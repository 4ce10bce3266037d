import { expect, test } from 'vitest';
import type { LimitOrder } from '../../../lib/limits/order.ts';
import { Bench, series } from './setup.ts';

const order = (id: string, kind: 'block' | 'cap', match: string, more: Partial<LimitOrder> = {}): LimitOrder => ({
  id,
  kind,
  match,
  by: 'test',
  why: 'a test',
  at: 0,
  until: null,
  ...more,
});

test('beyond the cap of a metric series fold into one that says so; those that were there stay', () => {
  const bench = new Bench({ caps: { perMetric: 3 } });
  for (let user = 0; user < 3; user++) expect(bench.judge('a', 'hits', { user: `${user}` })).toBe('keep');
  const verdict = bench.limits.judge('a', series('a', 'hits', { user: '3', job: 'web', code: '200' }));
  expect(verdict).toEqual({
    kind: 'fold',
    reason: 'series_cap',
    into: [
      ['__name__', 'hits'],
      ['heliograph_overflow', 'true'],
      ['instance', 'a'],
      ['job', 'web'],
      ['site', 'north'],
    ],
  });
  expect(bench.judge('a', 'hits', { user: '1' })).toBe('keep');
  expect(bench.judge('a', 'other', { user: '3' })).toBe('keep');
  expect(bench.limits.figures).toMatchObject({ admitted: 4, folded: 1, blocked: 0 });
});

test('a host has a cap of its own, and one for each of its metrics; its neighbours have theirs', () => {
  const bench = new Bench({ caps: { perHost: 5, perMetricOfHost: 3 } });
  const kinds = (host: string, name: string) =>
    Array.from({ length: 4 }, (_, i) => bench.judge(host, name, { user: `${i}` })).join(' ');
  expect(kinds('a', 'hits')).toBe('keep keep keep fold');
  expect(kinds('a', 'misses')).toBe('keep keep fold fold');
  expect(kinds('b', 'hits')).toBe('keep keep keep fold');
});

test('names may grow, too: overflow series have a bound, and what has no room in them is dropped and counted', () => {
  const bench = new Bench({ caps: { perHost: 1, overflowPerHost: 2 } });
  const verdicts = ['a', 'b', 'c', 'd'].map((name) => bench.limits.judge('host', series('host', name)));
  expect(verdicts.map(({ kind }) => kind)).toEqual(['keep', 'fold', 'fold', 'drop']);
  expect(verdicts[3]).toEqual({ kind: 'drop', reason: 'series_cap' });
  expect(bench.judge('other', 'z')).toBe('keep');
});

test('all together have a bound: the memory', () => {
  const bench = new Bench({ caps: { total: 100 } });
  const kept = Array.from({ length: 150 }, (_, i) => bench.judge(`h${i}`, 'up')).filter((kind) => kind === 'keep');
  expect(kept.length).toBe(100);
});

test('a series of which nothing came for an hour has left, and another may come; one that lives stays', () => {
  const bench = new Bench({ caps: { perMetric: 2 } });
  bench.judge('a', 'hits', { user: 'stays' });
  bench.judge('a', 'hits', { user: 'goes' });
  expect(bench.judge('a', 'hits', { user: 'new' })).toBe('fold');
  let version = bench.limits.versionOf('a');
  for (let minute = 0; minute < 39; minute++) {
    bench.pass(60_000);
    expect(bench.judge('a', 'hits', { user: 'new' })).toBe('fold');
    // As the relay does: asked once for each version.
    if (bench.limits.versionOf('a') === version) continue;
    version = bench.limits.versionOf('a');
    expect(bench.judge('a', 'hits', { user: 'stays' })).toBe('keep');
  }
  for (let minute = 0; minute < 23; minute++) {
    bench.pass(60_000);
    if (bench.limits.versionOf('a') === version) continue;
    version = bench.limits.versionOf('a');
    expect(bench.judge('a', 'hits', { user: 'stays' })).toBe('keep');
  }
  expect(bench.judge('a', 'hits', { user: 'new' })).toBe('keep');
  expect(bench.judge('a', 'hits', { user: 'goes' })).toBe('fold');
  expect(bench.judge('a', 'hits', { user: 'stays' })).toBe('keep');
});

test('hosts are asked about one after another within a generation, each once', () => {
  const bench = new Bench();
  const hosts = Array.from({ length: 100 }, (_, i) => `host-${i}`);
  let before = hosts.map((host) => bench.limits.versionOf(host));
  const begin = [...before];
  let most = 0;
  for (let minute = 0; minute < 20; minute++) {
    bench.pass(60_000);
    const now = hosts.map((host) => bench.limits.versionOf(host));
    most = Math.max(most, now.filter((version, i) => version !== before[i]).length);
    before = now;
  }
  expect(before.every((version, i) => version === begin[i]! + 1)).toBe(true);
  expect(most).toBeLessThan(20);
});

test('orders block and cap what their selectors meet, in force at once, and end by themselves', () => {
  const bench = new Bench({ caps: { perMetric: 10 } });
  expect(bench.judge('a', 'hits', { user: '1' })).toBe('keep');
  const version = bench.limits.versionOf('a');
  bench.limits.setOrders([
    order('1', 'block', 'hits{user!=""}', { until: bench.time + 60_000 }),
    order('2', 'cap', '{__name__=~"miss.*"}', { most: 2 }),
    order('3', 'cap', 'up', { most: 1, perHost: true }),
    order('4', 'block', 'not a selector {'),
  ]);
  expect(bench.limits.versionOf('a')).toBeGreaterThan(version);
  expect(bench.refused).toEqual(['4']);
  expect(bench.limits.judge('a', series('a', 'hits', { user: '1' }))).toEqual({ kind: 'drop', reason: 'blocked' });
  expect(bench.judge('a', 'hits')).toBe('keep');
  const kinds = (host: string, name: string) =>
    Array.from({ length: 3 }, (_, i) => bench.judge(host, name, { user: `${i}` })).join(' ');
  expect(kinds('a', 'misses')).toBe('keep keep fold');
  expect(kinds('b', 'misses')).toBe('fold fold fold');
  expect(kinds('a', 'up')).toBe('keep fold fold');
  expect(kinds('b', 'up')).toBe('keep fold fold');
  bench.pass(61_000);
  expect(bench.judge('a', 'hits', { user: '1' })).toBe('keep');
  bench.limits.setOrders([]);
  expect(kinds('b', 'misses')).toBe('keep keep keep');
});

test('a cap may give more than the configuration, and one that is made tighter takes effect on those that are in', () => {
  const bench = new Bench({ caps: { perMetric: 2 } });
  const kept = () =>
    Array.from({ length: 10 }, (_, i) => bench.judge('a', 'hits', { user: `${i}` })).filter((kind) => kind === 'keep')
      .length;
  expect(kept()).toBe(2);
  bench.limits.setOrders([order('1', 'cap', 'hits', { most: 8 })]);
  expect(kept()).toBe(8);
  bench.limits.setOrders([order('1', 'cap', 'hits', { most: 3 })]);
  kept();
  expect(kept()).toBe(3);
  bench.limits.setOrders([order('1', 'cap', 'hits', { most: 8 }), order('2', 'cap', 'hits{user=~".+"}', { most: 0 })]);
  expect(kept()).toBe(0);
});

test('whatever comes and goes, the counts are those of a plain list', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const bench = new Bench({ caps: { perMetric: 40, perHost: 60, perMetricOfHost: 25 } });
  const kept = new Map<string, Set<string>>();
  for (let i = 0; i < 20_000; i++) {
    const host = `h${random(4)}`;
    const name = `m${random(5)}`;
    const key = `${host} ${name} ${random(60)}`;
    const [, , user] = key.split(' ');
    const verdict = bench.judge(host, name, { user: user! });
    const all = kept.get(key) ? 'keep' : room(kept, host, name);
    expect(verdict).toBe(all);
    if (verdict === 'keep') kept.set(key, new Set());
  }
  expect(bench.limits.figures.admitted).toBe(kept.size);
});

function room(kept: ReadonlyMap<string, unknown>, host: string, name: string): string {
  const keys = [...kept.keys()].map((key) => key.split(' '));
  const full =
    keys.filter(([, other]) => other === name).length >= 40 ||
    keys.filter(([other]) => other === host).length >= 60 ||
    keys.filter(([a, b]) => a === host && b === name).length >= 25;
  return full ? 'fold' : 'keep';
}

test('an order that a clock which ran ahead has ended goes on when the clock is set back', () => {
  const bench = new Bench();
  bench.limits.setOrders([order('1', 'block', 'hits', { until: bench.time + 60_000 })]);
  expect(bench.judge('a', 'hits')).toBe('drop');
  bench.time += 3_600_000;
  bench.limits.tick();
  expect(bench.judge('a', 'hits')).toBe('keep');
  bench.time -= 3_600_000;
  bench.limits.tick();
  expect(bench.judge('a', 'hits')).toBe('drop');
});
