import { expect, test } from 'vitest';
import type { Matcher, MetricStore, QueryOptions, SeriesSamples } from '../../core/ports/metric-store.ts';
import { bitsOf, gather, metricFrame, pageOf, rowsOf, setBits } from './metric-frames.ts';

export interface MetricStoreUnderTest {
  readonly store: MetricStore;
  /** The store's clock, ms, a whole number of minutes. Samples are written around it. */
  readonly now: number;
  /** Resolves when what was written can be queried; at once where that is promised. */
  visible(): Promise<void>;
  /** Closes the store and opens it again over the same data; null where the data are not ours to reopen. */
  readonly reopen: (() => Promise<MetricStore>) | null;
  /** An engine that has limits of its own, by its flags: a query's `maxSamples` is not held. */
  readonly ownLimits?: boolean;
}

const OPTIONS: QueryOptions = { timeoutMs: 10_000, maxSamples: 1_000_000, lookbackMs: 300_000 };
const is = (name: string, value: string): Matcher => ({ name, operator: '=', value });

/** What every implementation of MetricStore must do. `make` gives an empty store with a retention of at least a day and at most 30. */
export function metricStoreContract(name: string, make: () => Promise<MetricStoreUnderTest>): void {
  const page = pageOf([
    ['cpu_seconds_total', { cpu: '0', mode: 'idle' }],
    ['cpu_seconds_total', { cpu: '1', mode: 'idle' }],
    ['up', {}],
  ]);

  async function exported(store: MetricStore, now: number, ...matchers: Matcher[]): Promise<SeriesSamples[]> {
    return gather(store.export([matchers], now - 3 * 86_400_000, now + 3_600_000));
  }

  test(`${name}: what is written is there, under its own and the target's labels`, async () => {
    const { store, now, visible } = await make();
    const times = [now - 20_000, now - 10_000, now];
    const rows = rowsOf(page, times, [
      [1, 2, 1],
      [3, undefined, 1],
      [5, 6, 0],
    ]);
    expect(await store.write([metricFrame('h1', 1, [rows])])).toEqual([{ written: 8, repeated: 0, dropped: {} }]);
    await visible();
    const [one] = await exported(store, now, is('__name__', 'cpu_seconds_total'), is('cpu', '1'));
    expect(one!.labels).toEqual({
      __name__: 'cpu_seconds_total',
      cpu: '1',
      instance: 'h1',
      mode: 'idle',
      site: 'north',
    });
    expect([...one!.times]).toEqual([now - 20_000, now]);
    expect([...one!.values]).toEqual([2, 6]);
    const data = await store.query('up', now, OPTIONS);
    expect(data).toEqual({
      resultType: 'vector',
      result: [{ metric: { __name__: 'up', instance: 'h1', site: 'north' }, value: [now / 1_000, '0'] }],
    });
    await store.close();
  });

  test(`${name}: a frame that comes again changes nothing, in the same write, later, and after a restart`, async () => {
    const { store, now, visible, reopen } = await make();
    const frame = metricFrame('h1', 7, [rowsOf(page, [now], [[1, 2, 3]])]);
    const repeated = { written: 0, repeated: 3, dropped: {} };
    expect(await store.write([frame, frame])).toEqual([{ written: 3, repeated: 0, dropped: {} }, repeated]);
    expect(await store.write([frame])).toEqual([repeated]);
    await visible();
    const again = reopen ? await reopen() : store;
    if (reopen) expect(await again.write([frame])).toEqual([repeated]);
    const [range] = await again.sequences();
    expect(range).toMatchObject({ host: 'h1', boot: frame.id.boot, class: 'metric', ranges: [[7, 7]] });
    expect((await exported(again, now)).map((one) => one.times.length)).toEqual([1, 1, 1]);
    const totals = await again.totals();
    expect(totals).toMatchObject({ samples: 3, repeated: reopen ? 9 : 6, dropped: {}, series: 3 });
    expect(totals.frames).toEqual({ written: 1, repeated: reopen ? 3 : 2 });
    await again.close();
  });

  test(`${name}: an equal series and time is one sample, and the last written stands`, async () => {
    const { store, now, visible } = await make();
    await store.write([
      metricFrame('h1', 1, [
        rowsOf(
          page,
          [now - 1_000, now],
          [
            [1, 1, 1],
            [1, 1, 1],
          ],
        ),
      ]),
    ]);
    await store.write([metricFrame('h1', 2, [rowsOf(page, [now], [[9, 1, 1]])])]);
    await visible();
    const [one] = await exported(store, now, is('__name__', 'cpu_seconds_total'), is('cpu', '0'));
    expect([...one!.times]).toEqual([now - 1_000, now]);
    expect([...one!.values]).toEqual([1, 9]);
    await store.close();
  });

  test(`${name}: late and unordered frames land where they belong`, async () => {
    const { store, now, visible } = await make();
    const offsets = [0, -3, -1, -60, -2, -200, -61, -1_400];
    let sequence = 0;
    for (const minutes of offsets) {
      const rows = rowsOf(page, [now + minutes * 60_000], [[minutes, 0, 1]]);
      await store.write([metricFrame('h1', ++sequence, [rows])]);
    }
    await visible();
    const [one] = await exported(store, now, is('__name__', 'cpu_seconds_total'), is('cpu', '0'));
    const ordered = [...offsets].sort((a, b) => a - b);
    expect([...one!.times]).toEqual(ordered.map((minutes) => now + minutes * 60_000));
    expect([...one!.values]).toEqual(ordered);
    await store.close();
  });

  test(`${name}: what it would not keep is refused with a reason, and the rest of the frame is kept`, async () => {
    const { store, now, visible } = await make();
    const times = [now - 40 * 86_400_000, now, now + 40 * 86_400_000];
    const long = pageOf([
      ['x', { big: 'v'.repeat(100_000) }],
      ['y', {}],
    ]);
    const outcomes = await store.write([
      metricFrame('h1', 1, [
        rowsOf(page, times, [
          [1, 1, 1],
          [1, undefined, 1],
          [1, 1, undefined],
        ]),
      ]),
      metricFrame('h1', 2, [rowsOf(long, [now], [[1, 2]])]),
    ]);
    expect(outcomes[0]).toEqual({ written: 2, repeated: 0, dropped: { outside_retention: 3, future: 2 } });
    expect(outcomes[1]).toEqual({ written: 1, repeated: 0, dropped: { label_too_long: 1 } });
    await visible();
    expect((await exported(store, now)).length).toBe(3);
    expect((await store.totals()).dropped).toEqual({ outside_retention: 3, future: 2, label_too_long: 1 });
    await store.close();
  });

  test(`${name}: a label of the target wins, and the series' own of that name is kept as exported_`, async () => {
    const { store, now, visible } = await make();
    const own = pageOf([['x', { instance: 'forged', exported_instance: 'older', job: 'node' }]]);
    await store.write([metricFrame('h1', 1, [rowsOf(own, [now], [[1]])])]);
    await visible();
    const [one] = await exported(store, now);
    expect(one!.labels).toEqual({
      __name__: 'x',
      exported_exported_instance: 'forged',
      exported_instance: 'older',
      instance: 'h1',
      job: 'node',
      site: 'north',
    });
    await store.close();
  });

  test(`${name}: doubles come back bit for bit, where that is promised`, async () => {
    const { store, now, visible, reopen } = await make();
    if (!store.exact) return void (await store.close());
    const bits = ODD_DOUBLES;
    const single = pageOf([['x', {}]]);
    const times = bits.map((_, i) => now - (bits.length - i) * 1_000);
    const values = new Float64Array(bits.length);
    bits.forEach((one, i) => {
      setBits(values, i, one);
    });
    const rows = { page: single, times: Float64Array.from(times), values, present: null };
    await store.write([metricFrame('h1', 1, [rows])]);
    await visible();
    const want = bits.map((one) => one.toString(16).padStart(16, '0'));
    const again = reopen ? await reopen() : store;
    const [one] = await exported(again, now);
    expect(bitsOf(one!.values)).toEqual(want);
    await again.close();
  });

  test(`${name}: matchers, series, label names and label values`, async () => {
    const { store, now, visible } = await make();
    for (const [i, host] of ['h1', 'h2', 'h3'].entries()) {
      await store.write([metricFrame(host, 1, [rowsOf(page, [now - 60_000], [[i, i, i]])])]);
    }
    await visible();
    const count = async (...matchers: Matcher[]) => (await exported(store, now, ...matchers)).length;
    expect(await count(is('instance', 'h1'))).toBe(3);
    expect(await count({ name: 'instance', operator: '!=', value: 'h1' })).toBe(6);
    expect(await count({ name: 'instance', operator: '=~', value: 'h[12]' }, is('cpu', '0'))).toBe(2);
    expect(await count({ name: 'instance', operator: '=~', value: 'h' })).toBe(0);
    expect(await count({ name: 'cpu', operator: '!~', value: '0|1' })).toBe(3);
    expect(await count(is('cpu', ''))).toBe(3);
    expect(await count({ name: 'cpu', operator: '!=', value: '' })).toBe(6);
    const [start, end] = [now - 3_600_000, now];
    expect(await store.series(['up{instance="h2"}'], start, end, 10)).toEqual([
      { __name__: 'up', instance: 'h2', site: 'north' },
    ]);
    expect((await store.series(['up', '{cpu="1"}'], start, end, 4)).length).toBe(4);
    expect(await store.labelNames([], start, end)).toEqual(['__name__', 'cpu', 'instance', 'mode', 'site']);
    expect(await store.labelNames(['up'], start, end)).toEqual(['__name__', 'instance', 'site']);
    expect(await store.labelValues('instance', [], start, end)).toEqual(['h1', 'h2', 'h3']);
    expect(await store.labelValues('cpu', ['{instance="h1"}'], start, end)).toEqual(['0', '1']);
    expect(await store.labelValues('nothing', [], start, end)).toEqual([]);
    await store.close();
  });

  test(`${name}: queries over a range, and their limits`, async () => {
    const { store, now, visible, ownLimits } = await make();
    const times = Array.from({ length: 361 }, (_, i) => now - (360 - i) * 10_000);
    const rows = rowsOf(
      page,
      times,
      times.map((_, i) => [i * 10, i * 20, 1]),
    );
    await store.write([metricFrame('h1', 1, [rows])]);
    await visible();
    const data = await store.queryRange(
      'sum(max_over_time(cpu_seconds_total[5m]))',
      now - 600_000,
      now,
      300_000,
      OPTIONS,
    );
    expect(data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [(now - 600_000) / 1_000, '9000'],
            [(now - 300_000) / 1_000, '9900'],
            [now / 1_000, '10800'],
          ],
        },
      ],
    });
    await expect(store.query('rate(up[', now, OPTIONS)).rejects.toMatchObject({ code: 'HG_QUERY_SYNTAX' });
    if (ownLimits) return void (await store.close());
    const few = { ...OPTIONS, maxSamples: 100 };
    await expect(store.query('sum_over_time(up[1h])', now, few)).rejects.toMatchObject({ code: 'HG_QUERY_LIMIT' });
    await store.close();
  });

  test(`${name}: writes that run together all become durable and add up`, async () => {
    const { store, now, visible } = await make();
    const writes = Array.from({ length: 60 }, (_, i) =>
      store.write([
        metricFrame(`h${i % 6}`, Math.floor(i / 6) + 1, [rowsOf(page, [now - i * 1_000], [[i, i, i]])]),
        metricFrame(`h${i % 6}`, Math.floor(i / 6) + 1_001, [rowsOf(page, [now - i * 1_000 - 100], [[i, i, i]])]),
      ]),
    );
    await Promise.all(writes);
    await visible();
    const all = await exported(store, now);
    expect(all.length).toBe(18);
    expect(all.map((one) => one.times.length)).toEqual(all.map(() => 20));
    expect((await store.totals()).samples).toBe(360);
    expect((await store.sequences()).map((one) => one.ranges)).toEqual(
      Array.from({ length: 6 }, () => [
        [1, 10],
        [1_001, 1_010],
      ]),
    );
    await store.close();
  });

  test(`${name}: a frame without items is remembered, and nothing to write is nothing`, async () => {
    const { store } = await make();
    expect(await store.write([])).toEqual([]);
    const empty = metricFrame('h1', 3, []);
    expect(await store.write([empty])).toEqual([{ written: 0, repeated: 0, dropped: {} }]);
    await store.write([empty]);
    expect((await store.sequences())[0]!.ranges).toEqual([[3, 3]]);
    expect((await store.totals()).frames).toEqual({ written: 1, repeated: 1 });
    await store.close();
  });
}

/** Zeros, infinities, quiet and signalling NaN with payloads, subnormals, and numbers that rounding would show on. */
const ODD_DOUBLES: readonly bigint[] = [
  0x0000000000000000n,
  0x8000000000000000n,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff8000000000000n,
  0x7ff0000000000002n,
  0x7ff4dead0000beefn,
  0xfff8000000000001n,
  0x0000000000000001n,
  0x000fffffffffffffn,
  0x7fefffffffffffffn,
  0x400921fb54442d18n,
  0x3fb999999999999an,
  0x3fb999999999999bn,
  0x01a56e1fc2f8f359n,
  0x4340000000000001n,
  0x433fffffffffffffn,
  0xc3e0000000000000n,
];
