import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Health } from '../../core/api/health.ts';
import { victoriaMetricsConfig } from '../../core/engines/victoriametrics/config.ts';
import { openVictoriaMetricsStore } from '../../core/engines/victoriametrics/open.ts';
import type { VictoriaMetricsStore } from '../../core/engines/victoriametrics/store.ts';
import type { SequenceRanges } from '../../core/ports/metric-store.ts';
import { systemClock } from '../../lib/clock.ts';
import { imbalance, type Ledger } from '../../lib/ledger.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { isRounded, largestOf } from '../../simulator/rounding.ts';
import { gather, metricFrame, pageOf, rowsOf } from '../contracts/metric-frames.ts';
import { metricStoreContract } from '../contracts/metric-store.ts';
import { TestCore } from '../support/core/core.ts';
import { TestHost } from '../support/core/host.ts';
import { Engine } from '../support/engine.ts';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { until } from '../support/until.ts';

const FLAGS = ['-dedup.minScrapeInterval=1ms'];
const OPTIONS = { timeoutMs: 10_000, maxSamples: 1_000_000, lookbackMs: 300_000 };
const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const page = pageOf([
  ['requests_total', { code: '200' }],
  ['requests_total', { code: '500' }],
]);
let engine: Engine;
const folders: string[] = [];
const stores: VictoriaMetricsStore[] = [];
const engines: Engine[] = [];

beforeAll(async () => {
  engine = await Engine.start('victoria-metrics', {}, FLAGS);
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const one of engines.splice(0)) await one.stop();
});
afterAll(async () => {
  await engine.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Changes {
  config?: object;
  directory?: string;
  settleMs?: number;
  wait?: boolean;
}

/** A store on an engine, and what it said of itself. */
async function open(on: Engine, { config = {}, directory, settleMs, wait = true }: Changes = {}) {
  const folder = directory ?? mkdtempSync(join(tmpdir(), 'heliograph-victoriametrics-store-'));
  folders.push(folder);
  const health = new Health(() => Date.now());
  const registry = new Registry();
  const refused: string[] = [];
  const url = on.values.VICTORIA_METRICS_URL!;
  const store = await openVictoriaMetricsStore({
    config: victoriaMetricsConfig.parse({ addresses: [url], ...config }),
    directory: folder,
    retentionMs: 30 * 86_400_000,
    clock: systemClock,
    log: silentLog,
    registry,
    health,
    random: Math.random,
    onRefused: async (frame) => void refused.push(frame.id.host),
    lookMs: 50,
    ...(settleMs === undefined ? {} : { settleMs }),
  });
  stores.push(store);
  if (wait) await until('the engine is old enough', () => health.view().well);
  return { store, health, registry, refused, folder, visible: () => visible(url) };
}

/** What it has taken is put before queries at once. */
async function visible(url: string): Promise<void> {
  const answer = await fetch(`${url}/internal/force_flush`);
  if (!answer.ok) throw new Error(`force_flush: ${answer.status}`);
}

async function own(...flags: string[]): Promise<Engine> {
  const one = await Engine.start('victoria-metrics', {}, flags.length > 0 ? flags : FLAGS);
  engines.push(one);
  return one;
}

/** A sample of each series of the page, at a time. */
const rows = (time: number, ...values: number[]) => [rowsOf(page, [time], [values])];
const counterOf = (registry: Registry, name: string) =>
  registry
    .render()
    .split('\n')
    .filter((line) => line.startsWith(`heliograph_core_metric_store_${name}`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
/** In the order of their codes: the engine exports series as it comes to them. */
const written = async (store: VictoriaMetricsStore, host = 'h1') => {
  const matchers = [[{ name: 'instance', operator: '=', value: host } as const]];
  const all = await gather(store.export(matchers, NOW - 86_400_000, NOW + 3_600_000));
  return all.sort((a, b) => (a.labels.code ?? '').localeCompare(b.labels.code ?? ''));
};

metricStoreContract('VictoriaMetrics', async () => {
  const on = await own();
  const first = await open(on, { settleMs: 0 });
  return {
    store: first.store,
    now: NOW,
    visible: first.visible,
    ownLimits: true,
    reopen: async () => {
      await first.store.close();
      return (await open(on, { settleMs: 0, directory: first.folder })).store;
    },
  };
});

test('an answer is not durability: killed right after it the sample is gone, killed after the wait it is there', async () => {
  const on = await own();
  let lost = false;
  // It puts what it has on disk every five seconds, and the kill may fall right behind that.
  for (let trial = 1; trial <= 4 && !lost; trial++) {
    const hasty = await open(on, { settleMs: 0 });
    await hasty.store.write([metricFrame(`hasty-${trial}`, 1, rows(NOW, 1, 2))]);
    await on.kill();
    await hasty.store.close();
    await on.restart();
    const { store } = await open(on);
    lost = (await written(store, `hasty-${trial}`)).length === 0;
  }
  expect(lost).toBe(true);
  const { store } = await open(on);
  await store.write([metricFrame('patient', 1, rows(NOW, 1, 2))]);
  await on.kill();
  await store.close();
  await on.restart();
  const after = await open(on);
  expect((await written(after.store, 'patient')).map(({ values }) => [...values])).toEqual([[1], [2]]);
});

test('killed with -9 before a write is safe: it is sent again to the next life, and acknowledged once it is there', async () => {
  const on = await own();
  const { store, health, registry, visible } = await open(on);
  const started = performance.now();
  let accepted = 0;
  let done = false;
  const writing = store
    .write([metricFrame('h1', 1, rows(NOW, 1, 2))], () => {
      accepted = performance.now() - started;
    })
    .then((outcomes) => {
      done = true;
      return outcomes;
    });
  await until('an answer of the engine', () => accepted > 0, { everyMs: 5 });
  expect(accepted).toBeLessThan(5_000);
  // The same frame comes again over another stream, while the first is not safe: one sample, and told when that one is.
  const again = store.write([metricFrame('h1', 1, rows(NOW, 1, 2))]);
  await on.kill();
  await until('it is said', () => !health.view().well);
  await expect(store.write([metricFrame('h2', 1, rows(NOW, 1, 2))])).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(done).toBe(false);
  await on.restart();
  expect(await writing).toEqual([{ written: 2, repeated: 0, dropped: {} }]);
  expect(await again).toEqual([{ written: 0, repeated: 2, dropped: {} }]);
  expect(performance.now() - started).toBeGreaterThan(15_000);
  expect(counterOf(registry, 'resent_bytes_total')).toBeGreaterThan(0);
  await visible();
  expect((await written(store)).map(({ times, values }) => [[...times], [...values]])).toEqual([
    [[NOW], [1]],
    [[NOW], [2]],
  ]);
  expect(await store.totals()).toMatchObject({ samples: 2, repeated: 2, frames: { written: 1, repeated: 1 } });
});

test('what comes by a door is answered at once, kept on our disk while the engine is down, and brought when it is back', async () => {
  const on = await own();
  const first = await open(on);
  await on.kill();
  for (let i = 1; i <= 20; i++) {
    const outcome = await first.store.take(metricFrame('door', i, rows(NOW - i * 1_000, i, Number.NaN)));
    expect(outcome).toEqual({ written: 1, repeated: 0, dropped: { nan: 1 } });
  }
  const same = metricFrame('door', 20, rows(NOW - 20_000, 20, 1));
  expect(await first.store.take(same)).toEqual({ written: 0, repeated: 2, dropped: {} });
  await first.store.close();
  // Another process, the engine still down: what it has promised is in its account.
  const second = await open(on, { directory: first.folder, wait: false });
  const totals = { samples: 20, dropped: { nan: 20 }, frames: { written: 20, repeated: 0 } };
  expect(await second.store.totals()).toMatchObject(totals);
  expect(await second.store.take(same)).toEqual({ written: 0, repeated: 2, dropped: {} });
  await on.restart();
  await until('all of it is safe', () => counterOf(second.registry, 'door_bytes') === 0, { withinMs: 60_000 });
  await second.visible();
  const [one, ...none] = await written(second.store, 'door');
  expect(none).toEqual([]);
  expect([...one!.values]).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i));
  await second.store.close();
  const third = await open(on, { directory: first.folder });
  expect(await third.store.totals()).toMatchObject(totals);
});

test('500 for a while, 429 with a time to wait, and a series that is refused', async () => {
  const proxy = await FaultyProxy.open(engine.values.VICTORIA_METRICS_URL!);
  try {
    const { store, refused, registry } = await open(engine, {
      config: { addresses: [proxy.url], requests: 1 },
      settleMs: 0,
    });
    const write = (path: string) => path === '/api/v1/write';
    let failures = 3;
    proxy.fault = (path) => (write(path) && failures-- > 0 ? { status: 500, body: 'cannot allocate' } : null);
    expect(await store.write([metricFrame('h5', 1, rows(NOW, 1, 2))])).toEqual([
      { written: 2, repeated: 0, dropped: {} },
    ]);
    expect(proxy.count('/write', 500)).toBe(3);

    let busy = 1;
    proxy.fault = (path) => (write(path) && busy-- > 0 ? { status: 429, headers: { 'retry-after': '2' } } : null);
    await Promise.all([1, 2, 3].map((i) => store.write([metricFrame('h6', i, rows(NOW + i, 1, 2))])));
    const [first] = proxy.seen.filter((one) => one.status === 429);
    const next = proxy.seen.find((one) => one.path.endsWith('/write') && one.at > first!.at)!;
    expect(next.at - first!.at).toBeGreaterThan(1_900);

    const many = pageOf(Array.from({ length: 500 }, (_, i) => ['many', { i: i === 321 ? 'poison' : String(i) }]));
    proxy.fault = (path, body) =>
      write(path) && (uncompressSync(body) as Buffer).includes('poison') ? { status: 400, body: 'bad label' } : null;
    const frame = metricFrame('h7', 1, [
      rowsOf(many, [NOW, NOW + 1], [many.series.map((_, i) => i), many.series.map((_, i) => i)]),
    ]);
    expect(await store.write([frame])).toEqual([{ written: 998, repeated: 0, dropped: { refused_by_store: 2 } }]);
    expect(refused).toEqual(['h7']);
    expect(counterOf(registry, 'sent_samples_total')).toBe(8 + 998);
    proxy.fault = () => null;
    await visible(engine.values.VICTORIA_METRICS_URL!);
    expect(await written(store, 'h7')).toHaveLength(499);

    // The cause mended, the series is written after all, once, and no longer counted as dropped.
    const poison = [
      {
        labels: ['__name__', 'many', 'i', 'poison', 'instance', 'h7'],
        samples: [[NOW, 321] as const, [NOW + 1, 321] as const],
      },
    ];
    const before = await store.totals();
    proxy.fault = (path, body) =>
      write(path) && (uncompressSync(body) as Buffer).includes('poison') ? { status: 400, body: 'bad label' } : null;
    expect(await store.restore(frame.id, poison)).toEqual({
      stored: 0,
      refused: [expect.stringContaining('bad label')],
    });
    expect(await store.totals()).toMatchObject({ samples: before.samples, dropped: { refused_by_store: 2 } });
    proxy.fault = () => null;
    expect(await store.restore(frame.id, poison)).toEqual({ stored: 2, refused: [] });
    expect(await store.restore(frame.id, poison)).toEqual({ stored: 0, refused: [] });
    expect(await store.totals()).toMatchObject({ samples: before.samples + 2, dropped: {} });
    await visible(engine.values.VICTORIA_METRICS_URL!);
    expect(await written(store, 'h7')).toHaveLength(500);
  } finally {
    await proxy.close();
  }
});

test('what refuses every request is no verdict on a series: nothing is set aside, and it is told', async () => {
  const proxy = await FaultyProxy.open(engine.values.VICTORIA_METRICS_URL!);
  try {
    const { store, refused, health } = await open(engine, { config: { addresses: [proxy.url] }, settleMs: 0 });
    proxy.fault = (path) => (path === '/api/v1/write' ? { status: 400, body: 'missing route' } : null);
    const frame = metricFrame('h12', 1, rows(NOW, 1, 2));
    await expect(store.write([frame])).rejects.toMatchObject({
      code: 'HG_ENGINE_DOWN',
      message: expect.stringMatching(/every request/),
    });
    expect(refused).toEqual([]);
    expect(proxy.count('/write', 400)).toBeLessThan(10);
    expect(health.view().well).toBe(false);
    proxy.fault = () => null;
    await until('it is well', () => health.view().well);
    expect(await store.write([frame])).toEqual([{ written: 2, repeated: 0, dropped: {} }]);
  } finally {
    await proxy.close();
  }
});

test('started anew with other settings: nothing is sent to it before they are looked at, and it is said', async () => {
  const on = await own();
  const { store, health } = await open(on);
  let accepted = false;
  const writing = store.write([metricFrame('h1', 1, rows(NOW, 1, 2))], () => {
    accepted = true;
  });
  // It is given back when the store closes below.
  writing.catch(() => undefined);
  await until('an answer', () => accepted);
  await on.kill();
  await on.restart(['-dedup.minScrapeInterval=0s']);
  await until('it is said', () => health.view().parts.some(({ why }) => /dedup\.minScrapeInterval=1ms/.test(why)));
  const page = await (await fetch(`${on.values.VICTORIA_METRICS_URL}/metrics`)).text();
  // Neither what was answered by the life before nor anything new.
  expect(page).not.toMatch(/^vm_rows_inserted_total\{[^}]*promremotewrite[^}]*\} [1-9]/m);
  await expect(store.write([metricFrame('h1', 2, rows(NOW, 1, 2))])).rejects.toMatchObject({
    code: 'HG_ENGINE_SETTING',
  });
});

test('a block that comes again over another stream holds up nobody: it is as far as the one before it', async () => {
  const { store } = await open(engine, { settleMs: 3_000 });
  const frame = metricFrame('h13', 1, rows(NOW, 1, 2));
  const order: string[] = [];
  const first = store.write([frame], () => order.push('first accepted')).then(() => order.push('first safe'));
  const second = store.write([frame], () => order.push('second accepted')).then(() => order.push('second safe'));
  await until('both are accepted', () => order.length === 2, { everyMs: 5 });
  expect([...order].sort()).toEqual(['first accepted', 'second accepted']);
  await Promise.all([first, second]);
  expect(order).toHaveLength(4);
});

test('500 for longer than anybody waits: told, said on health, and taken again afterwards', async () => {
  const proxy = await FaultyProxy.open(engine.values.VICTORIA_METRICS_URL!);
  try {
    const { store, health } = await open(engine, { config: { addresses: [proxy.url] }, settleMs: 0 });
    proxy.fault = (path) => (path === '/api/v1/write' ? { status: 503 } : null);
    const frame = metricFrame('h8', 1, rows(NOW, 1, 2));
    await expect(store.write([frame])).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
    expect(health.view().parts).toMatchObject([{ part: 'metric store', well: false }]);
    proxy.fault = () => null;
    await until('it is well', () => health.view().well);
    expect(await store.write([frame])).toEqual([{ written: 2, repeated: 0, dropped: {} }]);
  } finally {
    await proxy.close();
  }
});

test('what is answered and not safe has a cap: more waits until some of it is', async () => {
  const { store } = await open(engine, { config: { unconfirmedBytes: '1B' }, settleMs: 1_500 });
  /** What was entered as safe when each was accepted. */
  const entered: Promise<readonly SequenceRanges[]>[] = [];
  const write = (i: number) =>
    store.write([metricFrame('h9', i, rows(NOW + i, i, i))], () => entered.push(store.sequences()));
  const first = write(1);
  await until('the first is with the engine', () => entered.length === 1, { everyMs: 5 });
  await Promise.all([first, write(2)]);
  const [atFirst, atSecond] = await Promise.all(entered);
  expect(atFirst).toEqual([]);
  expect(atSecond).toMatchObject([{ host: 'h9', ranges: [[1, 1]] }]);
});

test('its rounding is the only difference: twelve digits, no -0, no ordinary NaN; a staleness marker is one', async () => {
  const { store, visible } = await open(engine, { settleMs: 0 });
  // Each series stands in one block, and a block has one exponent: a small value beside a large one loses digits.
  const values = [Math.E, -2.5, -0, 1e-300, 123456789.125, 0.1, 1e15, Number.POSITIVE_INFINITY, Number.NaN];
  const each = pageOf(values.map((_, i) => ['rounding', { i: String(i) }]));
  const outcome = await store.write([metricFrame('h10', 1, [rowsOf(each, [NOW], [values])])]);
  expect(outcome).toEqual([{ written: 8, repeated: 0, dropped: { nan: 1 } }]);
  const beside = [1234567890123456, 0.12345, 1e-300, -7.25, 0];
  const one = pageOf([['beside', {}]]);
  const times = beside.map((_, i) => NOW + i);
  await store.write([
    metricFrame('h11', 1, [
      rowsOf(
        one,
        times,
        beside.map((value) => [value]),
      ),
    ]),
  ]);
  await visible();
  const found = new Map((await written(store, 'h10')).map(({ labels, values: [value] }) => [Number(labels.i), value!]));
  expect([...found].sort(([a], [b]) => a - b).map(([, value]) => value)).toEqual([
    Number('2.718281828459'),
    -2.5,
    0,
    1e-300,
    123456789.125,
    0.1,
    1e15,
    Number.POSITIVE_INFINITY,
  ]);
  const [small] = await written(store, 'h11');
  const largest = largestOf(beside);
  for (const [i, value] of beside.entries()) expect(isRounded(value, small!.values[i]!, largest)).toBe(true);
  expect(isRounded(0.12345, small!.values[1]! + 0.5, largest)).toBe(false);
  expect([...small!.values]).not.toEqual(beside);
  const stale = rowsOf(each, [NOW + 1], [values]);
  new DataView(stale.values.buffer).setBigUint64(0, 0x7ff0000000000002n, true);
  expect(await store.write([metricFrame('h10', 2, [stale])])).toEqual([
    { written: 8, repeated: 0, dropped: { nan: 1 } },
  ]);
  await visible();
  const data = await store.query('rounding{instance="h10",i="0"}', NOW + 1, OPTIONS);
  expect(data.result).toEqual([]);
});

test.each([
  ['no deduplication', ['-search.latencyOffset=0s'], 'HG_ENGINE_SETTING', /dedup\.minScrapeInterval=1ms/],
  ['a longer one', ['-dedup.minScrapeInterval=10s'], 'HG_ENGINE_SETTING', /samples of one second are deleted/],
  [
    'queries that do not see what is new',
    [...FLAGS, '-search.latencyOffset=30s'],
    'HG_ENGINE_SETTING',
    /latencyOffset=0s/,
  ],
  ['less kept than is asked for', [...FLAGS, '-retentionPeriod=7d'], 'HG_ENGINE_SETTING', /retentionPeriod=30d/],
  ['a login', [...FLAGS, '-httpAuth.username=u', '-httpAuth.password=p'], 'HG_ENGINE_LOGIN', /passwordFile/],
] as const)('%s: said at start, with the fix', async (_, flags, code, words) => {
  const on = await own(...flags);
  // Another life of the engine is waited for, and is no error: the check comes after that.
  await until('it is old enough to be judged', async () => {
    const text = await (
      await fetch(`${on.values.VICTORIA_METRICS_URL}/metrics`, { headers: { authorization: `Basic ${btoa('u:p')}` } })
    ).text();
    return /vm_app_uptime_seconds [2-9]/.test(text);
  });
  await expect(open(on, { wait: false })).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  if (code !== 'HG_ENGINE_LOGIN') return;
  const passwordFile = join(mkdtempSync(join(tmpdir(), 'heliograph-password-')), 'password');
  folders.push(join(passwordFile, '..'));
  writeFileSync(passwordFile, 'p\n');
  const { store } = await open(on, { config: { username: 'u', passwordFile }, settleMs: 0 });
  expect(await store.write([metricFrame('h1', 1, rows(NOW, 1, 2))])).toEqual([
    { written: 2, repeated: 0, dropped: {} },
  ]);
});

test('something else at the address, and nothing there', async () => {
  const other = createServer((_, answer) => answer.end('<html>hello</html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await expect(open(engine, { config: { addresses: [address] }, wait: false })).rejects.toMatchObject({
    code: 'HG_ENGINE_ADDRESS',
  });
  await new Promise((resolve) => other.close(resolve));
  const { store, health } = await open(engine, { config: { addresses: [address] }, wait: false });
  expect(health.view().parts).toMatchObject([{ part: 'metric store', well: false }]);
  await expect(store.write([metricFrame('h1', 1, rows(NOW, 1, 2))])).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
});

test('three addresses: every series is on two of them, always the same two, and repeats change nothing', async () => {
  const three = [await own(), await own(), await own()];
  const addresses = three.map((one) => one.values.VICTORIA_METRICS_URL!);
  const { store } = await open(three[0]!, { config: { addresses, query: addresses[0] }, settleMs: 0 });
  const many = pageOf(Array.from({ length: 300 }, (_, i) => ['spread', { i: String(i) }]));
  const values = many.series.map((_, i) => i);
  for (const at of [1, 2]) {
    const frame = metricFrame('h1', at, [rowsOf(many, [NOW + at], [values])]);
    expect(await store.write([frame])).toEqual([{ written: 300, repeated: 0, dropped: {} }]);
  }
  await Promise.all(addresses.map(visible));
  const copies = new Map<string, number>();
  const shares: number[] = [];
  for (const address of addresses) {
    const answer = await fetch(`${address}/api/v1/export?match[]=spread`);
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { metric: { i: string }; values: number[] });
    shares.push(lines.length);
    for (const { metric, values: found } of lines) {
      expect(found).toEqual([Number(metric.i), Number(metric.i)]);
      copies.set(metric.i, (copies.get(metric.i) ?? 0) + 1);
    }
  }
  expect([...copies.values()].every((count) => count === 2)).toBe(true);
  expect(copies.size).toBe(300);
  expect(Math.min(...shares)).toBeGreaterThan(150);
});

test('a newer one takes zstd; the same data are there', async () => {
  const on = await Engine.start('victoria-metrics', { VM_VERSION: '1.136.23' }, [...FLAGS, '-retentionPeriod=1y']);
  engines.push(on);
  const { store, visible, registry } = await open(on, { settleMs: 0 });
  const many = pageOf(Array.from({ length: 1_000 }, (_, i) => ['wide', { i: String(i) }]));
  const frame = metricFrame('h1', 1, [
    rowsOf(many, [NOW, NOW + 10], [many.series.map((_, i) => i), many.series.map((_, i) => -i)]),
  ]);
  await store.write([frame]);
  await visible();
  const found = await written(store);
  expect(found).toHaveLength(1_000);
  for (const { labels, values } of found) expect([...values]).toEqual([Number(labels.i), -Number(labels.i) + 0]);
  expect(counterOf(registry, 'sent_bytes_total')).toBeLessThan(2_000 * 12);
});

test('a core on it: a relay is acknowledged when the samples are safe, a door at once, and the account balances', async () => {
  const core = await TestCore.make();
  try {
    await core.start({
      metrics: 'victoriametrics',
      victoriametrics: { addresses: [engine.values.VICTORIA_METRICS_URL] },
    });
    const relay = await (await core.relay()).hello('north');
    const host = new TestHost('core-host');
    const cpu = host.page([{ name: 'node_load1' }]);
    relay.define(host.name, cpu);
    const started = performance.now();
    const now = Date.now();
    // More blocks than may be worked on at once: those that only wait for the engine's disk hold up nobody.
    const blocks = Array.from({ length: 30 }, (_, i) => relay.block('metric', [host.metrics(cpu, [[now - i, [i]]])]));
    await until('all are queryable', async () => {
      const { data } = await core.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
        query: 'count_over_time(node_load1{instance="core-host"}[1m])',
      });
      return data.result[0]?.value[1] === '30';
    });
    expect(relay.answers.size).toBe(0);
    const body = JSON.stringify({ metrics: [{ name: 'orders_total', value: 7 }] });
    const pushed = await fetch(core.url('/v1/ingest'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(pushed.status).toBe(200);
    // The push was answered while the blocks still waited.
    expect(relay.answers.size).toBe(0);
    for (const block of blocks) expect(await relay.answer(block, 40_000)).toEqual({ kind: 'acknowledged' });
    expect(performance.now() - started).toBeGreaterThan(15_000);
    const freshness = await core.get<{ sentToQueryable: { count: number; max: number } }>('/api/v1/freshness');
    expect(freshness.sentToQueryable.count).toBe(30);
    expect(freshness.sentToQueryable.max).toBeLessThan(10);
    const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
    const entry = tiers.at(-1)!.entries.find((one) => one.class === 'metric')!;
    expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
    expect(entry.out).toEqual({ frames: 31, items: 31 });
  } finally {
    await core.remove();
  }
});

/** As the engine would: it is asked first whether it takes zstd. */
function unpacked(body: Buffer): Buffer {
  const zstd = body.length >= 4 && body.readUInt32LE(0) === 0xfd2fb528;
  return zstd ? zstdDecompressSync(body) : (uncompressSync(body) as Buffer);
}

test('what the engine refuses of a door after its answer is dropped in the running account, as it is after a restart', async () => {
  const proxy = await FaultyProxy.open(engine.values.VICTORIA_METRICS_URL!);
  const core = await TestCore.make();
  try {
    proxy.fault = (path, body) =>
      path === '/api/v1/write' && unpacked(body).includes('poison') ? { status: 400, body: 'bad label' } : null;
    const section = { metrics: 'victoriametrics', victoriametrics: { addresses: [proxy.url] } };
    await core.start(section);
    const metrics = ['good', 'poison'].map((name) => ({ name: `door_${name}`, value: 7 }));
    const pushed = await fetch(core.url('/v1/ingest'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metrics }),
    });
    expect(pushed.status).toBe(200);
    const entry = async () => {
      const { tiers } = await core.get<{ tiers: Ledger[] }>('/api/v1/ledger');
      return tiers.at(-1)!.entries.find((one) => one.class === 'metric')!;
    };
    const after = await until(
      'it is refused',
      async () => {
        const seen = await entry();
        return seen.dropped.refused_by_store ? seen : null;
      },
      { withinMs: 60_000 },
    );
    expect(after.dropped).toEqual({ refused_by_store: { frames: 0, items: 1 } });
    expect(after.out).toEqual({ frames: 1, items: 1 });
    expect(imbalance(after)).toEqual({ frames: 0, items: 0 });
    await core.stop();
    await core.start(section);
    expect(await entry()).toEqual(after);
  } finally {
    await core.remove();
    await proxy.close();
  }
});
