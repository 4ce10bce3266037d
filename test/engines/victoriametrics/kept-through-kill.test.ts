import { expect, test } from 'vitest';
import { metricFrame } from '../../contracts/metric-frames.ts';
import { until } from '../../support/until.ts';
import { counterOf, NOW, rows, VictoriaMetricsUnderTest, written } from './under-test.ts';

const vm = new VictoriaMetricsUnderTest();

test('an answer is not durability: killed right after it the sample is gone, killed after the wait it is there', async () => {
  const on = await vm.own();
  let lost = false;
  // It puts what it has on disk every five seconds, and the kill may fall right behind that.
  for (let trial = 1; trial <= 4 && !lost; trial++) {
    const hasty = await vm.open(on, { settleMs: 0 });
    await hasty.store.write([metricFrame(`hasty-${trial}`, 1, rows(NOW, 1, 2))]);
    await on.kill();
    await hasty.store.close();
    await on.restart();
    const { store } = await vm.open(on);
    lost = (await written(store, `hasty-${trial}`)).length === 0;
  }
  expect(lost).toBe(true);
  const { store } = await vm.open(on);
  await store.write([metricFrame('patient', 1, rows(NOW, 1, 2))]);
  await on.kill();
  await store.close();
  await on.restart();
  const after = await vm.open(on);
  expect((await written(after.store, 'patient')).map(({ values }) => [...values])).toEqual([[1], [2]]);
});

test('killed with -9 before a write is safe: it is sent again to the next life, and acknowledged once it is there', async () => {
  const on = await vm.own();
  const { store, health, registry, visible } = await vm.open(on);
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
