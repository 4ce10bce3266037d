import { expect, test } from 'vitest';
import type { SequenceRanges } from '../../../core/ports/metric-store.ts';
import { metricFrame } from '../../contracts/metric-frames.ts';
import { until } from '../../support/until.ts';
import { counterOf, NOW, rows, VictoriaMetricsUnderTest, written } from './under-test.ts';

const vm = new VictoriaMetricsUnderTest().share();

test('what comes by a door is answered at once, kept on our disk while the engine is down, and brought when it is back', async () => {
  const on = await vm.own();
  const first = await vm.open(on);
  await on.kill();
  for (let i = 1; i <= 20; i++) {
    const outcome = await first.store.take(metricFrame('door', i, rows(NOW - i * 1_000, i, Number.NaN)));
    expect(outcome).toEqual({ written: 1, repeated: 0, dropped: { nan: 1 } });
  }
  const same = metricFrame('door', 20, rows(NOW - 20_000, 20, 1));
  expect(await first.store.take(same)).toEqual({ written: 0, repeated: 2, dropped: {} });
  await first.store.close();
  // Another process, the engine still down: what it has promised is in its account.
  const second = await vm.open(on, { directory: first.folder, wait: false });
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
  const third = await vm.open(on, { directory: first.folder });
  expect(await third.store.totals()).toMatchObject(totals);
});

test('started anew with other settings: nothing is sent to it before they are looked at, and it is said', async () => {
  const on = await vm.own();
  const { store, health } = await vm.open(on);
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
  const { store } = await vm.open(vm.shared, { settleMs: 3_000 });
  const frame = metricFrame('h13', 1, rows(NOW, 1, 2));
  const order: string[] = [];
  const first = store.write([frame], () => order.push('first accepted')).then(() => order.push('first safe'));
  const second = store.write([frame], () => order.push('second accepted')).then(() => order.push('second safe'));
  await until('both are accepted', () => order.length === 2, { everyMs: 5 });
  expect([...order].sort()).toEqual(['first accepted', 'second accepted']);
  await Promise.all([first, second]);
  expect(order).toHaveLength(4);
});

test('what is answered and not safe has a cap: more waits until some of it is', async () => {
  const { store } = await vm.open(vm.shared, { config: { unconfirmedBytes: '1B' }, settleMs: 1_500 });
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
