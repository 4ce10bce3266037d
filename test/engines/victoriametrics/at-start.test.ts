import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';
import { until } from '../../support/until.ts';
import { FLAGS, NOW, rows, VictoriaMetricsUnderTest, visible } from './under-test.ts';

const vm = new VictoriaMetricsUnderTest().share();

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
  const on = await vm.own(...flags);
  // Another life of the engine is waited for, and is no error: the check comes after that.
  await until('it is old enough to be judged', async () => {
    const text = await (
      await fetch(`${on.values.VICTORIA_METRICS_URL}/metrics`, { headers: { authorization: `Basic ${btoa('u:p')}` } })
    ).text();
    return /vm_app_uptime_seconds [2-9]/.test(text);
  });
  await expect(vm.open(on, { wait: false })).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  if (code !== 'HG_ENGINE_LOGIN') return;
  const passwordFile = join(vm.folder('password'), 'password');
  writeFileSync(passwordFile, 'p\n');
  const { store } = await vm.open(on, { config: { username: 'u', passwordFile }, settleMs: 0 });
  expect(await store.write([metricFrame('h1', 1, rows(NOW, 1, 2))])).toEqual([
    { written: 2, repeated: 0, dropped: {} },
  ]);
});

test('something else at the address, and nothing there', async () => {
  const other = createServer((_, answer) => answer.end('<html>hello</html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await expect(vm.open(vm.shared, { config: { addresses: [address] }, wait: false })).rejects.toMatchObject({
    code: 'HG_ENGINE_ADDRESS',
  });
  await new Promise((resolve) => other.close(resolve));
  const { store, health } = await vm.open(vm.shared, { config: { addresses: [address] }, wait: false });
  expect(health.view().parts).toMatchObject([{ part: 'metric store', well: false }]);
  await expect(store.write([metricFrame('h1', 1, rows(NOW, 1, 2))])).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
});

test('three addresses: every series is on two of them, always the same two, and repeats change nothing', async () => {
  const three = [await vm.own(), await vm.own(), await vm.own()];
  const addresses = three.map((one) => one.values.VICTORIA_METRICS_URL!);
  const { store } = await vm.open(three[0]!, { config: { addresses, query: addresses[0] }, settleMs: 0 });
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
