import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import type { EmbeddedMetricStore } from '../../../core/metrics/store.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const SERIES = 100;
const OPTIONS = { timeoutMs: 120_000, maxSamples: 1e9, lookbackMs: 300_000 };
/** Works for many seconds if it is let: 40 vectors of 100 series at 10,900 steps. */
const HEAVY = Array(40).fill('m').join(' + ');
const RANGE = { start: NOW - 3_600_000, end: NOW, step: 331 };

const page = pageOf(Array.from({ length: SERIES }, (_, i) => ['m', { i: String(i) }]));
let directory: string;
let store: EmbeddedMetricStore;
let sequence = 1;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-threads-'));
  store = await openEmbeddedMetricStore({
    directory,
    retention: { days: 30, maxBytes: 1e12 },
    clock: { now: () => NOW, mono: () => performance.now() },
    log: silentLog,
    registry: new Registry(),
    queryHeapMb: 32,
  });
  for (let at = 0; at < 360; at += 60) {
    const times = Array.from({ length: 60 }, (_, i) => NOW - 3_600_000 + (at + i) * 10_000);
    const values = times.map((_, i) => Array.from({ length: SERIES }, (_, j) => i * j));
    await store.write([metricFrame('h1', sequence++, [rowsOf(page, times, values)])]);
  }
});
afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

function word(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

test('queries that fill every thread hold up no write, and stop when nobody waits for them', async () => {
  const stop = word();
  let answered = 0;
  const asked = Array.from({ length: 6 }, () =>
    store.answer(HEAVY, RANGE, { ...OPTIONS, stop }, 0).then(
      () => answered++,
      (error: { code: string }) => {
        answered++;
        return error.code;
      },
    ),
  );
  for (let i = 0; i < 10; i++) {
    const values = [Array.from({ length: SERIES }, () => i)];
    expect(await store.write([metricFrame('h2', sequence++, [rowsOf(page, [NOW + i], values)])])).toMatchObject([
      { written: SERIES },
    ]);
  }
  expect(answered).toBe(0);
  Atomics.store(stop, 0, 1);
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['HG_QUERY_CANCELED']));
  const { resultType, result } = await store.query('count(m{instance="h2"})', NOW + 10, OPTIONS);
  expect([resultType, result]).toMatchObject(['vector', [{ value: [(NOW + 10) / 1_000, String(SERIES)] }]]);
});

test('what a query waits for its turn counts as its time', async () => {
  const stop = word();
  const asked = Array.from({ length: 2 }, () => store.answer(HEAVY, RANGE, { ...OPTIONS, stop }, 0));
  const late = store.answer('m', NOW, { ...OPTIONS, timeoutMs: 1 }, 0);
  // The threads are busy until they are told to stop; the third cannot have begun before.
  setTimeout(() => Atomics.store(stop, 0, 1), 50);
  const [first, second, third] = await Promise.allSettled([...asked, late]);
  for (const one of [first, second]) expect(one).toMatchObject({ reason: { code: 'HG_QUERY_CANCELED' } });
  expect(third).toMatchObject({ reason: { code: 'HG_QUERY_TIMEOUT' } });
});

test('a query that needs too much memory ends its thread and nothing else', { timeout: 300_000 }, async () => {
  // Hundreds of thousands of labels, each a text of its own, in a heap that does not hold them.
  const greedy = store.answer('count_values("v", m + 0.1 * time())', RANGE, OPTIONS, 0);
  const met = await greedy.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );
  expect(met).toBe('HG_QUERY_MEMORY');
  const { result } = await store.query('count(m{instance="h1"})', NOW, OPTIONS);
  expect(result).toMatchObject([{ value: [NOW / 1_000, String(SERIES)] }]);
  expect(await store.write([metricFrame('h3', 1, [rowsOf(page, [NOW], [Array(SERIES).fill(1)])])])).toMatchObject([
    { written: SERIES },
  ]);
});

test('an answer as text is the query, cut where it is asked to be', async () => {
  const whole = await store.answer('m{instance="h1"}', NOW, OPTIONS, 0);
  expect(whole.cut).toBe(false);
  expect(JSON.parse(Buffer.from(whole.json).toString())).toEqual(await store.query('m{instance="h1"}', NOW, OPTIONS));
  const some = await store.answer('m{instance="h1"}', RANGE, OPTIONS, 3);
  expect(some.cut).toBe(true);
  expect(JSON.parse(Buffer.from(some.json).toString()).result).toHaveLength(3);
});
