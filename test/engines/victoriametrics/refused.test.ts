import { uncompressSync } from 'snappy';
import { expect, test } from 'vitest';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { until } from '../../support/until.ts';
import { counterOf, NOW, rows, VictoriaMetricsUnderTest, visible, written } from './under-test.ts';

const vm = new VictoriaMetricsUnderTest().share();

test('500 for a while, 429 with a time to wait, and a series that is refused', async () => {
  const proxy = await FaultyProxy.open(vm.shared.values.VICTORIA_METRICS_URL!);
  try {
    const { store, refused, registry } = await vm.open(vm.shared, {
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
    await visible(vm.shared.values.VICTORIA_METRICS_URL!);
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
    await visible(vm.shared.values.VICTORIA_METRICS_URL!);
    expect(await written(store, 'h7')).toHaveLength(500);
  } finally {
    await proxy.close();
  }
});

test('what refuses every request is no verdict on a series: nothing is set aside, and it is told', async () => {
  const proxy = await FaultyProxy.open(vm.shared.values.VICTORIA_METRICS_URL!);
  try {
    const { store, refused, health } = await vm.open(vm.shared, { config: { addresses: [proxy.url] }, settleMs: 0 });
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

test('500 for longer than anybody waits: told, said on health, and taken again afterwards', async () => {
  const proxy = await FaultyProxy.open(vm.shared.values.VICTORIA_METRICS_URL!);
  try {
    const { store, health } = await vm.open(vm.shared, { config: { addresses: [proxy.url] }, settleMs: 0 });
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
