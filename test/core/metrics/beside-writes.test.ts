import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import type { EmbeddedMetricStore } from '../../../core/metrics/store.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { gather, metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const SERIES = 50;
const OPTIONS = { timeoutMs: 120_000, maxSamples: 1e9, lookbackMs: 300_000 };
/** Goes on for many seconds if it is let. */
const HEAVY = Array(60).fill('sum(rate(m[10m]))').join(' + ');
const RANGE = { start: NOW - 3_600_000, end: NOW, step: 331 };
const page = pageOf(Array.from({ length: SERIES }, (_, i) => ['m', { i: `${i}` }] as const));
const opened: [EmbeddedMetricStore, string][] = [];

afterEach(async () => {
  for (const [store, directory] of opened.splice(0)) {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

async function open(more: { mostWaiting?: number } = {}, registry = new Registry()): Promise<EmbeddedMetricStore> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-beside-'));
  const store = await openEmbeddedMetricStore({
    directory,
    retention: { days: 30, maxBytes: 1e12 },
    clock: { now: () => NOW, mono: () => performance.now() },
    log: silentLog,
    registry,
    lingerMs: 1,
    ...more,
  });
  opened.push([store, directory]);
  return store;
}

let sequence = 1;
async function write(store: EmbeddedMetricStore, from: number, count: number, step = 1_000): Promise<void> {
  const times = Array.from({ length: count }, (_, i) => from + i * step);
  const values = times.map((_, i) => Array.from({ length: SERIES }, (_, j) => i + j));
  await store.write([metricFrame('h', sequence++, [rowsOf(page, times, values)])]);
}

function heavy(store: EmbeddedMetricStore, stop: Int32Array): Promise<string> {
  return store.answer(HEAVY, RANGE, { ...OPTIONS, stop }, 0).then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );
}

function word(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

test('every acknowledged sample is seen once by queries that run while it goes from memory to the files', async () => {
  const store = await open();
  let acknowledged = 0;
  let sent = 0;
  let writing = true;
  let seen = 0;
  const writer = async () => {
    for (let round = 0; round < 30; round++) {
      sent += 20;
      await write(store, NOW - 3_000_000 + round * 50_000, 20);
      acknowledged += 20;
      if (round % 4 === 3) await store.checkpoint();
      // A machine that writes faster than it asks would be done before there was anything to see.
      while (seen < round / 10) await new Promise((resolve) => setImmediate(resolve));
    }
    writing = false;
  };
  const asker = async () => {
    while (writing) {
      const least = acknowledged;
      const { result } = await store.query('count_over_time(m[1h])', NOW, OPTIONS);
      const most = sent;
      const counts = (result as { value: [number, string] }[]).map(({ value }) => Number(value[1]));
      if (least > 0) expect(counts).toHaveLength(SERIES);
      for (const count of counts) {
        expect(count).toBeGreaterThanOrEqual(least);
        expect(count).toBeLessThanOrEqual(most);
        expect(count % 20).toBe(0);
      }
      seen++;
    }
  };
  await Promise.all([writer(), asker(), asker()]);
  expect(seen).toBeGreaterThan(2);
  const { result } = await store.query('count_over_time(m[1h])', NOW, OPTIONS);
  expect(new Set((result as { value: [number, string] }[]).map(({ value }) => value[1]))).toEqual(new Set(['600']));
});

test('while ten long queries and an export run, writes, checkpoints and the index answer; the export waits and is whole', async () => {
  const store = await open();
  await write(store, NOW - 3_600_000, 3_600);
  const stop = word();
  let ended = 0;
  const queries = Array.from({ length: 10 }, () => heavy(store, stop).finally(() => ended++));
  const exported = gather(store.export([], 0, NOW)).finally(() => ended++);
  for (let round = 0; round < 5; round++) {
    await write(store, NOW + 1_000 + round * 10_000, 10);
    await store.checkpoint();
    expect(await store.labelValues('i', [], NOW, NOW)).toHaveLength(SERIES);
    expect(await store.series(['m{i="1"}'], NOW, NOW, 0)).toHaveLength(1);
    expect(await store.totals()).toMatchObject({ samples: SERIES * (3_600 + (round + 1) * 10) });
  }
  // All of that was acknowledged before the first of them was done.
  expect(ended).toBe(0);
  Atomics.store(stop, 0, 1);
  expect(new Set(await Promise.all(queries))).toEqual(new Set(['HG_QUERY_CANCELED']));
  // The threads are free again, and what waited behind the queries gets its turn.
  const all = await exported;
  expect(all).toHaveLength(SERIES);
  for (const { times } of all) expect(times).toHaveLength(3_600);
});

test('so many queries may wait and no more; one that nobody waits for gives its place', async () => {
  const registry = new Registry();
  const store = await open({ mostWaiting: 2 }, registry);
  await write(store, NOW - 3_600_000, 3_600);
  const [running, first, rest] = [word(), word(), word()];
  const two = [heavy(store, running), heavy(store, running)];
  const waits = [heavy(store, first), heavy(store, rest)];
  expect(registry.render()).toContain('heliograph_core_metric_store_waiting_queries 2');
  expect(await heavy(store, rest)).toBe('HG_QUERY_TIMEOUT');
  Atomics.store(first, 0, 1);
  waits.push(heavy(store, rest));
  expect(await waits[0]).toBe('HG_QUERY_CANCELED');
  Atomics.store(running, 0, 1);
  Atomics.store(rest, 0, 1);
  expect(await Promise.all([...two, ...waits])).toEqual(Array(5).fill('HG_QUERY_CANCELED'));
  expect((await store.query('count(m)', NOW, OPTIONS)).result).toHaveLength(1);
});

test('a store that is closed ends its queries, those that run and those that wait', async () => {
  const store = await open();
  await write(store, NOW - 3_600_000, 3_600);
  const queries = Array.from({ length: 4 }, () => heavy(store, word()));
  await store.close();
  expect(await Promise.all(queries)).toEqual(Array(4).fill('HG_STORE_CLOSED'));
  expect(await heavy(store, word())).toBe('HG_STORE_CLOSED');
});

test('the same selector twice in a query means the same samples', async () => {
  const store = await open();
  let writing = true;
  const writer = (async () => {
    for (let round = 0; round < 40; round++) await write(store, NOW - 60_000 + round * 1_000, 1);
    writing = false;
  })();
  while (writing) {
    const { result } = await store.query('sum(m) - sum(m)', NOW, OPTIONS);
    for (const { value } of result as { value: [number, string] }[]) expect(value[1]).toBe('0');
  }
  await writer;
});

test('a burst of new series is named before its samples: all of it is there after a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-burst-'));
  const settings = {
    directory,
    retention: { days: 30, maxBytes: 1e12 },
    clock: { now: () => NOW, mono: () => performance.now() },
    log: silentLog,
    registry: new Registry(),
    lingerMs: 0,
  };
  const wide = Array.from({ length: 12 }, (_, p) =>
    pageOf(Array.from({ length: 250 }, (_, i) => [`m${p}`, { i: `${i}` }] as const)),
  );
  let store = await openEmbeddedMetricStore(settings);
  // Bursts that share series and overlap, with checkpoints between their pieces.
  const bursts = Array.from({ length: 6 }, (_, b) =>
    store.write(
      wide.map((one, p) => metricFrame(`h${b % 3}`, 1 + p + b * 100, [rowsOf(one, [NOW + b], [Array(250).fill(b)])])),
    ),
  );
  const moved = [store.checkpoint(), store.checkpoint()];
  await Promise.all([...bursts, ...moved]);
  await store.close();
  store = await openEmbeddedMetricStore(settings);
  opened.push([store, directory]);
  expect(await store.totals()).toMatchObject({ samples: 6 * 12 * 250, series: 3 * 12 * 250 });
  const all = await gather(store.export([], 0, NOW + 10));
  expect(all).toHaveLength(3 * 12 * 250);
  for (const { labels, times } of all) {
    const b = Number(labels.instance!.slice(1));
    expect([...times]).toEqual([NOW + b, NOW + b + 3]);
  }
});
