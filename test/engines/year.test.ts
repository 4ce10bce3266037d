import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Health } from '../../core/api/health.ts';
import { victoriaMetricsConfig } from '../../core/engines/victoriametrics/config.ts';
import { openVictoriaMetricsStore } from '../../core/engines/victoriametrics/open.ts';
import type { VictoriaMetricsStore } from '../../core/engines/victoriametrics/store.ts';
import { AGGREGATES, windowLabel } from '../../core/engines/victoriametrics/year/window.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { metricFrame, pageOf, rowsOf } from '../contracts/metric-frames.ts';
import { pick, seeded } from '../journal/random.ts';
import { TestCore } from '../support/core/core.ts';
import { TestHost } from '../support/core/host.ts';
import { Engine } from '../support/engine.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { until } from '../support/until.ts';

const FULL_FLAGS = ['-dedup.minScrapeInterval=1ms'];
const YEAR_FLAGS = ['-dedup.minScrapeInterval=5m'];
const W = 300_000;
const HOUR = 3_600_000;
const OPTIONS = { timeoutMs: 20_000, maxSamples: 1_000_000, lookbackMs: 300_000 };
type Sample = readonly [time: number, value: number];

let full: Engine;
let year: Engine;
/** The store's clock: the engines have the real one. */
let ahead = 0;
const clock = { now: () => Date.now() + ahead, mono: () => performance.now() };
/** The beginning of the window in which a test began. */
let now: number;
const folders: string[] = [];
const stores: VictoriaMetricsStore[] = [];

beforeAll(async () => {
  full = await Engine.start('victoria-metrics', {}, FULL_FLAGS);
  year = await Engine.start('victoria-metrics', {}, YEAR_FLAGS);
});
beforeEach(() => {
  ahead = 0;
  now = Math.floor(Date.now() / W) * W;
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await full?.stop();
  await year?.stop();
});

const urlOf = (engine: Engine) => engine.values.VICTORIA_METRICS_URL!;

interface Changes {
  directory?: string;
  address?: string | null;
  retentionMs?: number;
  settleMs?: number;
  wait?: boolean;
}

async function open({
  directory,
  address = urlOf(year),
  retentionMs = 6 * HOUR,
  settleMs = 0,
  wait = true,
}: Changes = {}) {
  const folder = directory ?? mkdtempSync(join(tmpdir(), 'heliograph-year-'));
  folders.push(folder);
  const health = new Health(() => Date.now());
  const registry = new Registry();
  const more = address === null ? {} : { year: { address, again: '1s', retention: '30d', every: '5m' } };
  const store = await openVictoriaMetricsStore({
    config: victoriaMetricsConfig.parse({ addresses: [urlOf(full)], ...more }),
    directory: folder,
    retentionMs,
    clock,
    log: silentLog,
    registry,
    health,
    random: Math.random,
    onRefused: async () => undefined,
    lookMs: 50,
    settleMs,
  });
  stores.push(store);
  if (wait) await until('the engines are old enough', () => health.view().well);
  const figure = (name: string) =>
    registry
      .render()
      .split('\n')
      .filter((line) => line.startsWith(`heliograph_core_year_${name}`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  const done = () =>
    until('all windows are computed', () => figure('lag_seconds') < 960 && figure('late_windows') === 0, {
      withinMs: 120_000,
    }).then(() => visible(year));
  return { store, health, registry, folder, figure, done };
}

async function visible(engine: Engine): Promise<void> {
  expect((await fetch(`${urlOf(engine)}/internal/force_flush`)).ok).toBe(true);
}

/** Writes series by their names, in frames of 500 instants; how many samples were taken. */
async function write(store: VictoriaMetricsStore, host: string, series: ReadonlyMap<string, readonly Sample[]>) {
  const names = [...series.keys()];
  const page = pageOf(names.map((name) => [name, { kind: 'test' }]));
  const values = names.map((name) => new Map(series.get(name)));
  const times = [...new Set(values.flatMap((one) => [...one.keys()]))].sort((a, b) => a - b);
  const frames = [];
  for (let at = 0; at < times.length; at += 500) {
    const part = times.slice(at, at + 500);
    const rows = part.map((time) => values.map((one) => one.get(time)));
    frames.push(metricFrame(host, ++sequence, [rowsOf(page, part, rows)]));
  }
  const outcomes = await store.write(frames);
  await visible(full);
  return outcomes.reduce((sum, { written }) => sum + written, 0);
}
let sequence = 0;

type Range = { start: number; end: number; step: number };

async function ask(store: VictoriaMetricsStore, query: string, at: number | Range) {
  const { json, tier, infos } = await store.answer(query, at, OPTIONS, 0);
  const { result } = JSON.parse(Buffer.from(json).toString()) as {
    result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
  const found = result.map(({ metric, value, values }) => ({
    metric,
    points: new Map((values ?? [value!]).map(([time, text]) => [Math.round(time * 1_000), Number(text)])),
  }));
  return { tier, infos, found, values: found.flatMap(({ points }) => [...points.values()]) };
}

/** What the windows of a range must answer, from the samples themselves; undefined: nothing. */
function exact(samples: readonly Sample[], name: string, at: number, ranges: number): number | undefined {
  const end = Math.floor(at / W) * W;
  const first = samples.findIndex(([time]) => time >= end - ranges * W);
  const values: number[] = [];
  let increase = 0;
  for (let i = first; i >= 0 && i < samples.length && samples[i]![0] < end; i++) {
    const [time, value] = samples[i]!;
    values.push(value);
    const before = samples[i - 1];
    if (before === undefined || before[0] < Math.floor(time / W) * W - 3 * W) continue;
    increase += value >= before[1] ? value - before[1] : value;
  }
  if (values.length === 0) return undefined;
  const sum = values.reduce((a, b) => a + b);
  const of: Readonly<Record<string, number>> = {
    min_over_time: Math.min(...values),
    max_over_time: Math.max(...values),
    sum_over_time: sum,
    count_over_time: values.length,
    avg_over_time: sum / values.length,
    last_over_time: values.at(-1)!,
    present_over_time: 1,
    increase,
    rate: increase / ((ranges * W) / 1_000),
  };
  return of[name];
}

const FUNCTIONS = [
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'avg_over_time',
  'last_over_time',
  'present_over_time',
  'increase',
  'rate',
];

/** Series of every temper: counters that are reset, to nearly nothing or by a little, gauges, gaps up to 40 minutes. Values that VictoriaMetrics keeps as they are. */
function randomSeries(prefix: string, seed: number, from: number, to: number): Map<string, Sample[]> {
  const random = seeded(seed);
  const series = new Map<string, Sample[]>();
  for (let i = 0; i < 12; i++) {
    const counter = i % 2 === 0;
    const samples: Sample[] = [];
    let value = counter ? pick(random, 1_000) : 50;
    for (let time = from + pick(random, 20_000); time < to; ) {
      samples.push([time, value]);
      time += 10_000 + pick(random, 10_000);
      if (random() < 0.004) time += pick(random, 40 * 60_000);
      if (!counter) value = (pick(random, 200_000) - 100_000) / 1_000;
      else if (random() < 0.02) value = pick(random, value + 1);
      else value += pick(random, 100);
    }
    series.set(`${prefix}_${counter ? `c${i}_total` : `g${i}`}`, samples);
  }
  return series;
}

/** Every function over every series at every step of a range; how many values were compared. */
async function compare(store: VictoriaMetricsStore, series: ReadonlyMap<string, readonly Sample[]>, at: Range) {
  let compared = 0;
  for (const [metric, samples] of series) {
    for (const [i, name] of FUNCTIONS.entries()) {
      const ranges = [1, 3, 12][(compared + i) % 3]!;
      const { tier, found } = await ask(store, `${name}(${metric}[${ranges * 5}m])`, at);
      expect(tier).toBe('year');
      expect(found.length).toBeLessThanOrEqual(1);
      for (let time = at.start; time <= at.end; time += at.step) {
        const got = found[0]?.points.get(time);
        const want = exact(samples, name, time, ranges);
        const what = `${name}(${metric}[${ranges * 5}m]) at ${new Date(time).toISOString()}`;
        if (want === undefined || got === undefined) expect(got, what).toBe(want);
        else if (Math.abs(got - want) > 1e-9 * Math.max(1, Math.abs(want))) expect(got, what).toBe(want);
        compared++;
      }
    }
  }
  return compared;
}

/** As if all that was written were older than the full retention. */
function age(): void {
  ahead = 6 * HOUR;
}

test('every aggregate of thousands of samples is exact, over resets and seams, at any time and step', async () => {
  const series = randomSeries('exact', 1, now - 5 * HOUR, now - HOUR / 2);
  const plain = await open({ address: null });
  const samples = await write(plain.store, 'h1', series);
  expect(samples).toBeGreaterThan(8_000);
  await plain.store.close();
  const { store, figure, done } = await open({ directory: plain.folder });
  await done();
  expect(figure('windows_total{kind="first"}')).toBeGreaterThanOrEqual(64);
  expect(figure('windows_total{kind="again"}')).toBe(0);
  expect(figure('lost_windows_total')).toBe(0);
  age();
  const unaligned = { start: now - 5 * HOUR + 12_345, end: now - HOUR / 2 + W, step: 7 * 60_000 };
  expect(await compare(store, series, unaligned)).toBeGreaterThan(4_000);
  const aligned = { start: now - 5 * HOUR, end: now - HOUR, step: 12 * W };
  await compare(store, series, aligned);
  await compare(store, series, { ...aligned, start: aligned.start + 77_777, step: 5 * W });
  // A plain selector is the last sample of the last whole window, with its name.
  for (const [metric, of] of series) {
    const at = now - 2 * HOUR + 77_000;
    const { found, infos } = await ask(store, `${metric}{kind="test"}`, at);
    const want = exact(of, 'last_over_time', at, 1);
    const labels = { __name__: metric, instance: 'h1', site: 'north', kind: 'test' };
    expect(found).toEqual(want === undefined ? [] : [{ metric: labels, points: new Map([[at, want]]) }]);
    expect(infos[0]).toMatch(/answered from windows of 5m \(tier "year"\)/);
  }
  // Offsets, pins, aggregations, subqueries.
  const [metric, of] = [...series][0]!;
  const at = now - HOUR;
  const one = async (query: string) => (await ask(store, query, at)).values[0];
  expect(await one(`increase(${metric}[15m] offset 47m)`)).toBe(exact(of, 'increase', at - 47 * 60_000, 3));
  expect(await one(`increase(${metric}[15m] @ ${(at - 2 * HOUR) / 1_000})`)).toBe(
    exact(of, 'increase', at - 2 * HOUR, 3),
  );
  expect(await one(`max_over_time(increase(${metric}[5m])[1h:5m])`)).toBe(
    Math.max(...Array.from({ length: 12 }, (_, i) => exact(of, 'increase', at - i * W, 1) ?? 0)),
  );
  const counters = [...series].filter(([name]) => name.endsWith('_total'));
  expect(await one('sum by (kind) (increase({__name__=~"exact_.*_total"}[1h]))')).toBe(
    counters.reduce((sum, [, samples]) => sum + (exact(samples, 'increase', at, 12) ?? 0), 0),
  );
  await expect(ask(store, `quantile_over_time(0.5, ${metric}[1h])`, at)).rejects.toMatchObject({
    code: 'HG_QUERY_TIER',
  });
});

test('late samples: their windows are computed again, with smaller values too, also those whose increase begins in them', async () => {
  const from = now - 3 * HOUR;
  const { store, done, figure } = await open();
  const samples: Sample[] = [];
  for (let time = from; time < from + HOUR; time += 60_000) samples.push([time, 100 + (time - from) / 60_000]);
  await write(store, 'late', new Map([['late_total', samples]]));
  await write(store, 'host.beside-it', new Map([['late_beside', samples], ['late_other', samples]])); // biome-ignore format: two series
  await done();
  // Every window has a last sample that is missing still, below all others: minimum, last and increase become smaller and others larger.
  const late: Sample[] = [];
  for (let time = from + W - 30_000; time < from + HOUR; time += 2 * W) late.push([time, 5]);
  const read = figure('series_total');
  await write(store, 'late', new Map([['late_total', late]]));
  expect(figure('late_windows')).toBe(late.length);
  await done();
  expect(figure('windows_total{kind="again"}')).toBeGreaterThanOrEqual(12);
  // Of the host that was late, and of no other.
  expect(figure('series_total') - read).toBeGreaterThan(0);
  expect(figure('series_total') - read).toBeLessThanOrEqual(2);
  age();
  const all = [...samples, ...late].sort(([a], [b]) => a - b);
  const series = new Map([['late_total', all]]);
  expect(exact(all, 'min_over_time', from + W, 1)).toBe(5);
  await compare(store, series, { start: from, end: from + HOUR + 3 * W, step: W });
  // The engine shows one sample a window; it stands later than the first revision would.
  const match = `late_total{__window__="${windowLabel('min', W)}"}`;
  const raw = (await (await fetch(`${urlOf(year)}/api/v1/export?match[]=${encodeURIComponent(match)}`)).text()).trim();
  const { timestamps } = JSON.parse(raw) as { timestamps: number[] };
  expect(timestamps.map((time) => Math.floor(time / W))).toEqual(
    Array.from({ length: 12 }, (_, i) => Math.floor(from / W) + i),
  );
});

test('the newest revision counts, in whatever order they come', async () => {
  const { store, done } = await open();
  await done();
  const start = now - 4 * HOUR;
  const row = (aggregate: (typeof AGGREGATES)[number], time: number, value: number) =>
    JSON.stringify({
      metric: { __name__: 'turned', __window__: windowLabel(aggregate, W) },
      values: [value],
      timestamps: [time],
    });
  // The fourth revision first, then the first, the second and the third, all with larger values.
  for (const [revision, factor] of [
    [3, 1],
    [0, 40],
    [1, 30],
    [2, 20],
  ] as const) {
    const lines = AGGREGATES.flatMap((aggregate, k) =>
      [0, 1, 2].map((window) => row(aggregate, start + window * W + 1 + revision, factor * (k + 1))),
    );
    const taken = await fetch(`${urlOf(year)}/api/v1/import`, { method: 'POST', body: lines.join('\n') });
    expect(taken.ok).toBe(true);
    await visible(year);
  }
  age();
  const at = start + 3 * W + 1_000;
  const answers = FUNCTIONS.map(async (name) => [name, (await ask(store, `${name}(turned[15m])`, at)).values]);
  expect(Object.fromEntries(await Promise.all(answers))).toEqual({
    min_over_time: [1],
    max_over_time: [2],
    sum_over_time: [9],
    count_over_time: [12],
    avg_over_time: [0.75],
    last_over_time: [5],
    present_over_time: [1],
    increase: [18],
    rate: [18 / 900],
  });
});

test('closed in the middle of a span, and opened again: nothing is missing, and half a revision is no answer', async () => {
  const series = randomSeries('halved', 2, now - 5 * HOUR, now - HOUR);
  const plain = await open({ address: null });
  await write(plain.store, 'h1', series);
  await plain.store.close();
  const proxy = await FaultyProxy.open(urlOf(year));
  try {
    let writes = 0;
    proxy.fault = (path) => (path === '/api/v1/write' && ++writes > 3 ? { status: 503 } : null);
    const first = await open({ directory: plain.folder, address: proxy.url });
    await until('it is refused', () => proxy.count('/write', 503) > 0, { withinMs: 60_000 });
    expect(first.figure('lag_seconds')).toBeGreaterThan(1_000);
    await first.store.close();
    proxy.fault = () => null;
    const second = await open({ directory: plain.folder, address: proxy.url });
    await second.done();
    age();
    await compare(second.store, series, { start: now - 5 * HOUR, end: now - HOUR, step: 4 * W });
  } finally {
    await proxy.close();
  }
});

test('killed while it takes windows, and down for a while: the full tier goes on, it is said, and nothing is missing', async () => {
  const { store, health, done, figure, folder } = await open({ settleMs: 3_000 });
  await done();
  const series = randomSeries('killed', 3, now - 3 * HOUR, now - HOUR);
  await write(store, 'h1', series);
  await until('windows are on their way', () => figure('unconfirmed_bytes') > 0, { everyMs: 5, withinMs: 60_000 });
  await year.kill();
  await until('it is said', () => health.view().parts.some(({ part, well }) => part === 'year store' && !well));
  expect(await write(store, 'h2', new Map([['beside', [[now - 60_000, 7]]]]))).toBe(1);
  expect((await ask(store, 'last_over_time(beside[5m])', now)).values).toEqual([7]);
  expect(health.view().parts.find(({ part }) => part === 'metric store')).toMatchObject({ well: true });
  await expect(ask(store, 'beside', now - 5 * 24 * HOUR)).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  // Another process, while it is still down.
  await store.close();
  const second = await open({ directory: folder, settleMs: 3_000, wait: false });
  expect((await ask(second.store, 'last_over_time(beside[5m])', now)).values).toEqual([7]);
  await year.restart();
  await second.done();
  expect(second.health.view()).toMatchObject({ well: true });
  age();
  await compare(second.store, series, { start: now - 3 * HOUR, end: now - HOUR, step: 2 * W });
});

test('a newer version answers the same', async () => {
  const newer = await Engine.start('victoria-metrics', { VM_VERSION: '1.136.23' }, [
    ...YEAR_FLAGS,
    '-retentionPeriod=1y',
  ]);
  try {
    const series = randomSeries('newer', 4, now - 3 * HOUR, now - HOUR);
    const plain = await open({ address: null });
    await write(plain.store, 'h1', series);
    await plain.store.close();
    const { store, done } = await open({ directory: plain.folder, address: urlOf(newer) });
    await done();
    await visible(newer);
    age();
    await compare(store, series, { start: now - 3 * HOUR + 5_000, end: now - HOUR, step: 7 * 60_000 });
    await store.close();
  } finally {
    await newer.stop();
  }
});

test.each([
  [
    'less kept',
    [...YEAR_FLAGS, '-retentionPeriod=7d'],
    /victoriametrics\.year\.retention is 30 days.*retentionPeriod=30d/,
  ],
  ['every revision', FULL_FLAGS, /minScrapeInterval=1ms: start it with -dedup.minScrapeInterval=5m.*newest revision/],
])('%s: refused at start, with the fix', async (_, flags, message) => {
  const wrong = await Engine.start('victoria-metrics', {}, flags);
  try {
    await until('it is old enough to be judged', async () =>
      /vm_app_uptime_seconds ([2-9]|\d\d)/.test(await (await fetch(`${urlOf(wrong)}/metrics`)).text()),
    );
    await expect(open({ address: urlOf(wrong) })).rejects.toMatchObject({
      code: 'HG_ENGINE_SETTING',
      message: expect.stringMatching(message),
    });
  } finally {
    await wrong.stop();
  }
});

test('set up in another way while we run: said, and not asked any more', async () => {
  const changed = await Engine.start('victoria-metrics', {}, YEAR_FLAGS);
  const proxy = await FaultyProxy.open(urlOf(changed));
  try {
    const { store, health } = await open({ address: proxy.url });
    expect((await ask(store, 'changed', now - 5 * 24 * HOUR)).values).toEqual([]);
    // The same address, and behind it an engine that keeps every revision.
    const metrics = await (await fetch(`${urlOf(changed)}/metrics`)).text();
    const otherwise = metrics.replace(/(minScrapeInterval", ?value=")[^"]*/, '$11ms');
    expect(otherwise).not.toBe(metrics);
    proxy.fault = (path) => (path === '/metrics' ? { status: 500 } : null);
    await until('it is said', () => health.view().parts.some(({ part, well }) => part === 'year store' && !well));
    proxy.fault = (path) => (path === '/metrics' ? { status: 200, body: otherwise } : null);
    await until('the reason is said', () =>
      health.view().parts.some(({ part, why }) => part === 'year store' && /minScrapeInterval=5m/.test(why)),
    );
    await expect(ask(store, 'changed', now - 5 * 24 * HOUR)).rejects.toMatchObject({ code: 'HG_ENGINE_SETTING' });
    expect((await ask(store, 'changed', now)).tier).toBe('full');
  } finally {
    await proxy.close();
    await changed.stop();
  }
});

test('a whole year at once: neither a range nor a chart of it is more than the engine answers', async () => {
  const { store, done } = await open({ retentionMs: 6 * HOUR });
  await done();
  const start = now - 364 * 24 * HOUR;
  const times = Array.from({ length: (now - 2 * HOUR - start) / W }, (_, i) => start + i * W + 1 + (i % 100));
  const lines = AGGREGATES.map((aggregate, k) =>
    JSON.stringify({
      metric: { __name__: 'long', __window__: windowLabel(aggregate, W) },
      values: times.map(() => k + 1),
      timestamps: times,
    }),
  );
  const taken = await fetch(`${urlOf(year)}/api/v1/import`, { method: 'POST', body: lines.join('\n') });
  expect(taken.ok).toBe(true);
  await visible(year);
  const day = 24 * HOUR;
  const chart = await ask(store, 'increase(long[1d])', { start: start + day + 1_234, end: now - 3 * HOUR, step: day });
  expect(chart.values).toEqual(Array.from({ length: 363 }, () => 288 * 6));
  const { values } = await ask(store, 'max_over_time(long[8400h]) + count_over_time(long[8400h])', now - 2 * HOUR);
  expect(values).toEqual([2 + 8_400 * 12 * 4]);
});

test('a core with both: the tier by how far a query reaches, and said in the answer', async () => {
  const core = await TestCore.make();
  try {
    await core.start(
      {
        metrics: 'victoriametrics',
        retention: { metrics: '6h' },
        victoriametrics: {
          addresses: [urlOf(full)],
          year: { address: urlOf(year), retention: '30d', again: '1s', every: '5m' },
        },
      },
      { clock },
    );
    const relay = await (await core.relay()).hello('north');
    const host = new TestHost('tier-host');
    const page = host.page([{ name: 'tier_total' }]);
    relay.define(host.name, page);
    const rows = Array.from({ length: 60 }, (_, i) => [now - 3 * HOUR + i * 60_000, [i * i]] as const);
    const block = relay.block('metric', [host.metrics(page, rows)]);
    expect(await relay.answer(block, 40_000)).toEqual({ kind: 'acknowledged' });
    const figure = async (name: string) => {
      const text = await (await fetch(core.url('/metrics'))).text();
      return Number(new RegExp(`^heliograph_core_year_${name} (.*)$`, 'm').exec(text)?.[1]);
    };
    await until(
      'windows are computed',
      async () => (await figure('lag_seconds')) < 960 && (await figure('late_windows')) === 0,
      { withinMs: 120_000 },
    );
    await visible(year);
    const get = async (path: string, parameters: Record<string, string>) => {
      const answer = await fetch(core.url(path, parameters));
      const body = (await answer.json()) as {
        data?: { result: { metric: object; value?: [number, string]; values?: [number, string][] }[] };
        infos?: string[];
        code?: string;
        errorType?: string;
      };
      return { ...body, status: answer.status, tier: answer.headers.get('heliograph-tier') };
    };
    const at = (ms: number) => String(ms / 1_000);
    const inside = await get('/api/v1/query', { query: 'increase(tier_total[1h])', time: at(now - 2 * HOUR) });
    expect(inside).toMatchObject({ status: 200, tier: 'full' });
    expect(inside.infos).toBeUndefined();
    const far = await get('/api/v1/query', { query: 'sum(tier_total offset 1d) or vector(1)', time: at(now) });
    expect(far.tier).toBe('year');
    const last = far.data!.result[0]!.value![0] * 1_000;
    expect(last % W).toBe(0);
    expect(last).toBeLessThan(now);
    expect(far.infos).toEqual([
      expect.stringMatching(/windows of 5m/),
      expect.stringMatching(new RegExp(`windows end at ${new Date(last).toISOString()}`)),
    ]);
    const over = { start: at(now - 8 * HOUR), end: at(now), step: '1h' };
    const range = await get('/api/v1/query_range', { query: 'increase(tier_total[1h])', ...over });
    expect(range).toMatchObject({ status: 200, tier: 'year' });
    const sum = 59 * 59;
    expect(range.data!.result[0]!.values!.reduce((all, [, value]) => all + Number(value), 0)).toBe(sum);
    expect(await get('/api/v1/query_range', { query: 'irate(tier_total[1h])', ...over })).toMatchObject({
      status: 422,
      code: 'HG_QUERY_TIER',
      errorType: 'execution',
    });
    const health = await core.get<{ parts: { part: string; well: boolean }[] }>('/healthz');
    expect(health.parts).toEqual(
      expect.arrayContaining(
        ['year store', 'year windows'].map((part) => expect.objectContaining({ part, well: true })),
      ),
    );
    // Names and labels of what only the windows have any more.
    const names = async (path: string, start: number) =>
      (await core.get<{ data: unknown }>(path, { 'match[]': '{instance="tier-host"}', start: at(start), end: at(now) }))
        .data;
    const series = [{ __name__: 'tier_total', instance: 'tier-host', site: 'north' }];
    for (const start of [now - HOUR * 4, now - HOUR * 8]) {
      expect(await names('/api/v1/series', start)).toEqual(series);
      expect(await names('/api/v1/labels', start)).toEqual(['__name__', 'instance', 'site']);
      expect(await names('/api/v1/label/__name__/values', start)).toEqual(['tier_total']);
    }
    // Older than the full retention, the step does not matter.
    age();
    const old = await get('/api/v1/query', { query: 'increase(tier_total[1h])', time: at(now - 2 * HOUR) });
    expect(old).toMatchObject({ status: 200, tier: 'year' });
    expect(Number(old.data!.result[0]!.value![1])).toBe(sum);
  } finally {
    await core.remove();
  }
});
