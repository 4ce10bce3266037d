import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openEmbeddedMetricStore } from '../../../core/metrics/open.ts';
import type { EmbeddedMetricStore } from '../../../core/metrics/store.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { gather, metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';
import { metricStoreContract } from '../../contracts/metric-store.ts';

const NOW = Date.parse('2026-03-01T12:34:00Z');
const DAY = 86_400_000;
const directories: string[] = [];
const stores: EmbeddedMetricStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-metrics-'));
  directories.push(directory);
  return directory;
}

async function open(directory: string, clock = { now: NOW }, registry = new Registry(), maxBytes = 1e9) {
  const store = await openEmbeddedMetricStore({
    directory,
    retention: { days: 30, maxBytes },
    clock: { now: () => clock.now, mono: () => performance.now() },
    log: silentLog,
    registry,
    lingerMs: 1,
  });
  stores.push(store);
  return store;
}

metricStoreContract('embedded metric store, from memory', async () => {
  const directory = folder();
  const store = await open(directory);
  return {
    store,
    now: NOW,
    visible: async () => undefined,
    reopen: async () => {
      await store.close();
      return open(directory);
    },
  };
});

metricStoreContract('embedded metric store, from its files', async () => {
  const directory = folder();
  const store = await open(directory);
  return {
    store,
    now: NOW,
    visible: () => store.checkpoint(),
    reopen: async () => {
      await store.close();
      return open(directory);
    },
  };
});

const page = pageOf([['up', {}]]);

test('the retention deletes whole days by age, forgets their series, and keeps what is younger', async () => {
  const directory = folder();
  const clock = { now: NOW };
  const store = await open(directory, clock);
  await store.write([metricFrame('old', 1, [rowsOf(page, [NOW - 3 * DAY], [[1]])])]);
  await store.write([metricFrame('new', 1, [rowsOf(page, [NOW], [[2]])])]);
  await store.checkpoint();
  clock.now = NOW + 28 * DAY;
  await store.retain(clock.now);
  const left = await gather(store.export([], 0, clock.now));
  expect(left.map((one) => one.labels.instance)).toEqual(['new']);
  expect((await store.totals()).series).toBe(1);
  expect(readdirSync(directory).filter((name) => /^day-.*\.db$/.test(name))).toEqual(['day-2026-03-01.db']);
  // A series that was forgotten may come back.
  await store.write([metricFrame('old', 2, [rowsOf(page, [clock.now], [[3]])])]);
  expect((await gather(store.export([], 0, clock.now))).length).toBe(2);
});

test('the retention by bytes deletes the oldest days first and never the newest', async () => {
  const registry = new Registry();
  const store = await open(folder(), { now: NOW }, registry, 1);
  for (const days of [3, 2, 1, 0]) {
    await store.write([metricFrame('h', 10 - days, [rowsOf(page, [NOW - days * DAY], [[days]])])]);
  }
  await store.checkpoint();
  await store.retain(NOW);
  const [left] = await gather(store.export([], 0, NOW));
  expect([...left!.values]).toEqual([0]);
  expect(registry.render()).toContain('heliograph_core_metric_store_removed_days_total{reason="bytes"} 3');
});

test('a checkpoint lets go of the journal behind it, and the hour brings one by itself', async () => {
  const directory = folder();
  const clock = { now: NOW };
  const registry = new Registry();
  const store = await open(directory, clock, registry);
  await store.write([metricFrame('h', 1, [rowsOf(page, [NOW], [[1]])])]);
  expect(readdirSync(directory)).toContain('head-0000000001.log');
  clock.now += 2 * 3_600_000;
  await store.write([metricFrame('h', 2, [rowsOf(page, [clock.now], [[2]])])]);
  // Waits for the one that the write began, and finds nothing more to do.
  await store.checkpoint();
  expect(readdirSync(directory).filter((name) => name.startsWith('head-'))).toEqual(['head-0000000002.log']);
  const [one] = await gather(store.export([], 0, clock.now));
  expect([...one!.values]).toEqual([1, 2]);
  expect(registry.render()).toContain('heliograph_core_metric_store_checkpoints_total 1');
});

test('series and labels are those of the days asked for', async () => {
  const store = await open(folder());
  await store.write([metricFrame('old', 1, [rowsOf(page, [NOW - 3 * DAY], [[1]])])]);
  await store.write([metricFrame('new', 1, [rowsOf(page, [NOW], [[2]])])]);
  expect(await store.labelValues('instance', [], NOW - 4 * DAY, NOW - 2 * DAY)).toEqual(['old']);
  expect(await store.labelValues('instance', [], NOW - 3_600_000, NOW)).toEqual(['new']);
  expect(await store.labelValues('instance', [], 0, NOW)).toEqual(['new', 'old']);
});

test('a frame whose columns do not fit its page is refused as malformed', async () => {
  const store = await open(folder());
  const rows = { page, times: Float64Array.of(NOW), values: Float64Array.of(1, 2, 3), present: null };
  const times = { page, times: Float64Array.of(Number.NaN, NOW + 0.5), values: Float64Array.of(1, 2), present: null };
  expect(await store.write([metricFrame('h', 1, [rows]), metricFrame('h', 2, [times])])).toEqual([
    { written: 0, repeated: 0, dropped: { malformed: 3 } },
    { written: 0, repeated: 0, dropped: { bad_time: 2 } },
  ]);
});

test.each([0, 1, 2])(
  'damage in record %i of the head journal costs what it touches, is counted, and mixes up no series',
  async (which) => {
    const directory = folder();
    const other = pageOf([['down', {}]]);
    let store = await open(directory);
    await store.write([metricFrame('h', 1, [rowsOf(page, [NOW - 3], [[1]])])]);
    await store.write([metricFrame('h', 2, [rowsOf(page, [NOW - 2], [[2]])])]);
    await store.write([metricFrame('h', 3, [rowsOf(other, [NOW - 1], [[3]])])]);
    await store.close();
    const file = join(directory, 'head-0000000001.log');
    const bytes = readFileSync(file);
    // Behind the opening of the segment.
    let at = 16;
    for (let record = 0; record < which; record++) at += 8 + bytes.readUInt32LE(at);
    bytes[at + 20]! ^= 1;
    writeFileSync(file, bytes);
    const registry = new Registry();
    store = await open(directory, { now: NOW }, registry);
    // A series that is new now must not come upon samples of one whose name was lost.
    await store.write([metricFrame('h', 4, [rowsOf(pageOf([['new', {}]]), [NOW], [[4]])])]);
    const found = (await gather(store.export([], 0, NOW))).map((one) => `${one.labels.__name__} ${[...one.values]}`);
    expect(found.sort()).toEqual(
      [
        ['down 3', 'new 4'],
        ['down 3', 'new 4', 'up 1'],
        ['new 4', 'up 1,2'],
      ][which],
    );
    expect(registry.render()).toMatch(/heliograph_core_metric_store_damaged_bytes_total [1-9]/);
  },
);

test('a day file whose maker was killed before it had tables holds up nothing', async () => {
  const directory = folder();
  writeFileSync(join(directory, 'day-2026-03-01.db'), '');
  const store = await open(directory);
  await store.write([metricFrame('h', 1, [rowsOf(page, [NOW], [[1]])])]);
  expect(await gather(store.export([], 0, NOW))).toHaveLength(1);
  await store.checkpoint();
  expect(await gather(store.export([], 0, NOW))).toHaveLength(1);
});

test('a second store over the same directory is refused while the first is open', async () => {
  const directory = folder();
  const store = await open(directory);
  await expect(open(directory)).rejects.toMatchObject({ code: 'HG_STORE_LOCKED' });
  await store.close();
  await open(directory);
});

test('a closed store says so', async () => {
  const store = await open(folder());
  await store.close();
  await expect(store.totals()).rejects.toMatchObject({ code: 'HG_STORE_CLOSED' });
});
