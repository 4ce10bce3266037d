import { expect, test } from 'vitest';
import { isRounded, largestOf } from '../../../simulator/rounding.ts';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';
import { metricStoreContract } from '../../contracts/metric-store.ts';
import { counterOf, FLAGS, NOW, VictoriaMetricsUnderTest, written } from './under-test.ts';

const OPTIONS = { timeoutMs: 10_000, maxSamples: 1_000_000, lookbackMs: 300_000 };
const vm = new VictoriaMetricsUnderTest().share();

metricStoreContract('VictoriaMetrics', async () => {
  const on = await vm.own();
  const first = await vm.open(on, { settleMs: 0 });
  return {
    store: first.store,
    now: NOW,
    visible: first.visible,
    ownLimits: true,
    reopen: async () => {
      await first.store.close();
      return (await vm.open(on, { settleMs: 0, directory: first.folder })).store;
    },
  };
});

test('its rounding is the only difference: twelve digits, no -0, no ordinary NaN; a staleness marker is one', async () => {
  const { store, visible } = await vm.open(vm.shared, { settleMs: 0 });
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

test('a newer one takes zstd; the same data are there', async () => {
  const on = await vm.ownWith({ VM_VERSION: '1.136.23' }, ...FLAGS, '-retentionPeriod=1y');
  const { store, visible, registry } = await vm.open(on, { settleMs: 0 });
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
