import { expect, test } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { sortSeries } from '../../../proto/page.ts';
import { type RolledPage, RollupEngine } from '../../../relay/rollup/engine.ts';
import type { OutputSample } from '../../../relay/rollup/output-series.ts';
import type { OutputSketch } from '../../../relay/rollup/output-sketches.ts';
import { rollupRules } from '../../../relay/rollup/rules.ts';
import { TakenFrames } from '../../../relay/rollup/taken-frames.ts';

/** A whole minute, ms. */
const T = 1_790_000_040_000;
const SECOND = 1000;

/** An engine and hosts that send one page each. */
class Bench {
  readonly engine: RollupEngine;
  readonly frames = new TakenFrames();
  readonly errors: unknown[] = [];
  page: RolledPage;

  constructor(rules: string, names: readonly string[] = ['hits'], room = {}) {
    const limits = { series: 0, groups: 0, mostSeries: 1000, mostGroups: 1000, ...room };
    this.engine = new RollupEngine('north', limits, (_rule, error) => this.errors.push(error));
    this.engine.setRules(parseConfig('rollups.yaml', rules, rollupRules));
    this.page = pageOf(names);
  }

  /** @param rows [time, values in the page's order; NaN: absent] */
  send(
    host: string,
    sequence: number,
    rows: readonly (readonly [number, ...number[]])[],
    now = Number.NaN,
    floor = 1,
  ): void {
    const place = this.frames.take(host, 'b1', sequence, Number.isNaN(now) ? T : now, floor);
    if (!place) return;
    const times = Float64Array.from(rows, ([time]) => time);
    const values = Float64Array.from(rows.flatMap(([, ...row]) => row));
    const present = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1));
    const section = { page: this.page, times, values, present };
    this.engine.take(host, section, place, Number.isNaN(now) ? rows.at(-1)![0] : now);
  }

  close(now: number): Record<string, number> {
    return named(this.engine.close(now));
  }

  fates() {
    const { fates } = this.engine.rules[0]!.state;
    return Object.fromEntries(Object.entries(fates).filter(([, count]) => count > 0));
  }
}

function pageOf(names: readonly string[]): RolledPage {
  const series = names.map((name) => {
    const [metric, labels = ''] = name.split('|');
    return {
      name: metric!,
      labels: labels
        .split(',')
        .filter(Boolean)
        .map((one) => one.split('=') as [string, string]),
    };
  });
  return { hash: names.join(), series: sortSeries(series) };
}

/** name{labels}@second: value */
function named(samples: readonly OutputSample[]): Record<string, number> {
  return Object.fromEntries(
    samples.map(({ series, time, value }) => {
      const labels = series.labels.map(([label, text]) => `${label}=${text}`).join();
      return [`${series.name}{${labels}}@${(time - T) / SECOND}`, value];
    }),
  );
}

const rule = (outputs: string, more = '') =>
  `- {name: r, match: hits, interval: 1m, lateness: 10s, outputs: [${outputs}]${more}}`;

test('a window holds (end - interval, end] of all hosts, and is written when its lateness is over', () => {
  const bench = new Bench(
    rule('sum, count_samples, count_series, min, max, avg, last, stddev', ', without: [instance]'),
  );
  bench.send('h1', 1, [
    [T, 100],
    [T + 1, 1],
    [T + 30 * SECOND, 2],
  ]);
  bench.send('h2', 1, [[T + 60 * SECOND, 6]]);
  bench.send('h2', 2, [[T + 60 * SECOND + 1, 50]]);
  expect(bench.close(T + 69_999)).toEqual({ 'hits:1m_without_instance_sum_samples{}@0': 100, ...oneOf(0, 100) });
  const at60 = bench.close(T + 70_000);
  expect(at60).toEqual({
    'hits:1m_without_instance_sum_samples{}@60': 9,
    'hits:1m_without_instance_count_samples{}@60': 3,
    'hits:1m_without_instance_count_series{}@60': 2,
    'hits:1m_without_instance_min{}@60': 1,
    'hits:1m_without_instance_max{}@60': 6,
    'hits:1m_without_instance_avg{}@60': 3,
    'hits:1m_without_instance_last{}@60': 6,
    'hits:1m_without_instance_stddev{}@60': Math.sqrt(14 / 3),
  });
  expect(bench.close(T + 70_000)).toEqual({});
  expect(bench.errors).toEqual([]);
});

function oneOf(at: number, value: number): Record<string, number> {
  const name = (suffix: string) => `hits:1m_without_instance_${suffix}{}@${at}`;
  return {
    ...Object.fromEntries(['min', 'max', 'avg', 'last'].map((suffix) => [name(suffix), value])),
    [name('count_samples')]: 1,
    [name('count_series')]: 1,
    [name('stddev')]: 0,
  };
}

test('labels are kept as by and without say; instance goes out under the name that the core gives back', () => {
  const f = (more: string, want: readonly string[]) => {
    const bench = new Bench(rule('sum', more), ['hits|code=200,path=/', 'hits|code=500,path=/', 'misses|code=200']);
    bench.send('h1', 1, [[T, 1, 2, 3]]);
    expect(Object.keys(bench.close(T + 60_000)).sort()).toEqual(want);
  };
  f(', by: [code]', ['hits:1m_by_code_sum_samples{code=200}@0', 'hits:1m_by_code_sum_samples{code=500}@0']);
  f(', by: [instance, path]', ['hits:1m_by_instance_path_sum_samples{path=/,rolled_instance=h1}@0']);
  f(', without: [code, instance]', ['hits:1m_without_code_instance_sum_samples{path=/}@0']);
  f('', [
    'hits:1m_sum_samples{code=200,path=/,rolled_instance=h1}@0',
    'hits:1m_sum_samples{code=500,path=/,rolled_instance=h1}@0',
  ]);
});

test('selectors may ask for the host and the site', () => {
  const f = (match: string, want: readonly string[]) => {
    const bench = new Bench(`- {name: r, match: ${match}, interval: 1m, by: [instance], outputs: [sum]}`);
    for (const host of ['h1', 'h2']) bench.send(host, 1, [[T, 1]]);
    const names = Object.keys(bench.close(T + 90_000));
    expect(names.map((name) => /rolled_instance=(\w+)/.exec(name)![1])).toEqual(want);
  };
  f(`'{instance="h2"}'`, ['h2']);
  f(`'hits{site="north"}'`, ['h1', 'h2']);
  f(`'hits{site="south"}'`, []);
  f(`['hits{instance="h1"}', '{__name__=~"h.*",instance!="h2"}']`, ['h1']);
});

test('counters go up over windows and resets, and their first sample is no increase', () => {
  const bench = new Bench(rule('total, increase, rate_sum', ', without: [instance]'));
  const at = (name: string, second: number) => `hits:1m_without_instance_${name}{}@${second}`;
  bench.send('h1', 1, [
    [T + 10_000, 100],
    [T + 50_000, 160],
  ]);
  bench.send('h2', 1, [[T + 10_000, 5]]);
  expect(bench.close(T + 70_000)).toEqual({
    [at('total', 60)]: 60,
    [at('increase', 60)]: 60,
    [at('rate_sum', 60)]: 1,
  });
  // Across the edge of the window, and through a reset: 20 up to 180, then from 0 to 7.
  bench.send('h1', 2, [
    [T + 70_000, 180],
    [T + 110_000, 7],
  ]);
  bench.send('h2', 2, [[T + 70_000, 8]]);
  expect(bench.close(T + 130_000)).toEqual({
    [at('total', 120)]: 90,
    [at('increase', 120)]: 30,
    [at('rate_sum', 120)]: 0.5,
  });
});

test('a sample older than the look-back is not what the next one is compared with', () => {
  const bench = new Bench(rule('increase', ', without: [instance], staleness: 1m'));
  bench.send('h1', 1, [[T + 60_000, 100]]);
  bench.close(T + 70_000);
  bench.send('h1', 2, [[T + 180_001, 150]]);
  expect(bench.close(T + 250_000)).toEqual({ 'hits:1m_without_instance_increase{}@240': 0 });
});

test('frames and samples that come twice count once', () => {
  const bench = new Bench(rule('sum, count_samples', ', without: [instance]'));
  bench.send('h1', 1, [[T + 1000, 1]]);
  bench.send('h1', 1, [[T + 1000, 1]]);
  bench.send('h1', 2, [
    [T + 1000, 1],
    [T + 2000, 2],
  ]);
  expect(bench.fates()).toEqual({ taken: 2, repeated: 1 });
  expect(bench.close(T + 70_000)['hits:1m_without_instance_sum_samples{}@60']).toBe(3);
});

test('what was missing and comes while its window is open is as if it had come in time', () => {
  const bench = new Bench(rule('increase, sum, count_samples, count_series, last', ', without: [instance]'));
  const late = new Bench(rule('increase, sum, count_samples, count_series, last', ', without: [instance]'));
  const frames: [number, number][] = [
    [10_000, 3],
    [20_000, 10],
    [30_000, 2],
    [40_000, 9],
    [50_000, 30],
    [65_000, 40],
    [68_000, 1],
  ];
  for (const [i, [at, value]] of frames.entries()) bench.send('h1', i + 1, [[T + at, value]]);
  // Cut off after the first: the newest first, and the others beside it.
  for (const i of [0, 4, 1, 5, 2, 6, 3]) late.send('h1', i + 1, [[T + frames[i]![0], frames[i]![1]]], T + 68_000);
  expect(late.fates()).toEqual({ taken: 7 });
  for (const now of [T + 70_000, T + 130_000]) expect(late.close(now)).toEqual(bench.close(now));
});

test('a series without a sample in the frame behind a gap still waits for what is missing', () => {
  const bench = new Bench(rule('increase, count_samples', ', without: [instance]'), ['hits|code=1', 'hits|code=2']);
  const absent = Number.NaN;
  bench.send('h1', 1, [[T + 1000, 1, 1]]);
  bench.send('h1', 3, [[T + 3000, 3, absent]]);
  bench.send('h1', 4, [[T + 4000, 4, 4]]);
  bench.send('h1', 2, [[T + 2000, 2, 9]]);
  expect(bench.fates()).toEqual({ taken: 7 });
  expect(bench.close(T + 70_000)).toEqual({
    'hits:1m_without_instance_increase{code=1}@60': 3,
    // From 1 to 9, and from 0 to 4.
    'hits:1m_without_instance_increase{code=2}@60': 12,
    'hits:1m_without_instance_count_samples{code=1}@60': 4,
    'hits:1m_without_instance_count_samples{code=2}@60': 3,
  });
});

test('what comes after its window is closed is late; a counter loses nothing by it', () => {
  const bench = new Bench(rule('total, count_samples', ', without: [instance]'));
  const total = (second: number) => `hits:1m_without_instance_total{}@${second}`;
  bench.send('h1', 1, [[T + 10_000, 100]]);
  expect(bench.close(T + 70_000)[total(60)]).toBe(0);
  bench.send('h1', 3, [[T + 70_000, 130]]);
  bench.send('h1', 2, [[T + 50_000, 120]]);
  expect(bench.fates()).toEqual({ taken: 2, late: 1 });
  expect(bench.close(T + 130_000)).toEqual({
    [total(120)]: 30,
    'hits:1m_without_instance_count_samples{}@120': 1,
  });
});

test('no number, a time far ahead and a series too many are counted, and the rest goes on', () => {
  const bench = new Bench(rule('sum', ', without: [instance]'), ['hits'], { mostSeries: 1 });
  bench.page = { ...bench.page };
  const place = bench.frames.take('h1', 'b1', 1, T)!;
  const times = Float64Array.of(T, T + 1000, T + 3_600_000);
  bench.engine.take(
    'h1',
    { page: bench.page, times, values: Float64Array.of(1, Number.NaN, 3), present: null },
    place,
    T,
  );
  bench.send('h2', 1, [[T, 5]]);
  expect(bench.fates()).toEqual({ taken: 1, nan: 1, future: 1, series_limit: 1 });
  expect(bench.close(T + 60_000)).toEqual({ 'hits:1m_without_instance_sum_samples{}@0': 1 });
});

test('series that are gone are forgotten, and their room is given back', () => {
  const bench = new Bench(rule('sum'), ['hits'], { mostSeries: 1, mostGroups: 1 });
  bench.send('h1', 1, [[T, 1]]);
  bench.close(T + 60_000);
  bench.engine.forget();
  bench.send('h2', 1, [[T + 60_000, 1]]);
  expect(bench.fates()).toEqual({ taken: 1, series_limit: 1 });
  bench.close(T + 480_000);
  bench.engine.forget();
  bench.send('h2', 2, [[T + 480_000, 1]]);
  expect(bench.fates()).toEqual({ taken: 2, series_limit: 1 });
});

test('other rules begin anew, equal ones go on', () => {
  const bench = new Bench(rule('sum', ', without: [instance]'));
  bench.send('h1', 1, [[T + 1000, 1]]);
  const both = `${rule('sum', ', without: [instance], inputs: drop')}\n- {name: other, match: hits, interval: 1m, outputs: [max], without: [instance]}`;
  bench.engine.setRules(parseConfig('rollups.yaml', both, rollupRules));
  bench.send('h1', 2, [[T + 2000, 2]]);
  expect(bench.close(T + 90_000)).toEqual({
    'hits:1m_without_instance_sum_samples{}@60': 3,
    'hits:1m_without_instance_max{}@60': 2,
  });
  expect(bench.engine.dropped(bench.page, 'h1')).toEqual([0]);
});

test('a rule that fails is told of and stops no other', () => {
  const bench = new Bench(
    `${rule('sum', ', without: [instance]')}\n- {name: bad, match: hits, interval: 1m, outputs: [max]}`,
  );
  bench.engine.rules[1]!.state.table.place = () => {
    throw new Error('broken');
  };
  bench.send('h1', 1, [[T, 1]]);
  expect(bench.errors.map(String)).toEqual(['Error: broken']);
  expect(bench.close(T + 90_000)).toEqual({ 'hits:1m_without_instance_sum_samples{}@0': 1 });
});

test('a window that lacks inputs is marked with the reason', () => {
  const bench = new Bench(rule('sum', ', without: [instance]'));
  bench.engine.mark('lost_inputs', T + 30_000);
  bench.send('h1', 1, [[T + 40_000, 1]]);
  bench.send('h1', 2, [[T + 70_000, 1]]);
  expect(bench.close(T + 70_000)).toEqual({
    'hits:1m_without_instance_sum_samples{}@60': 1,
    'heliograph_rollup_partial{reason=lost_inputs,rule=r}@60': 1,
  });
  expect(bench.close(T + 130_000)).toEqual({ 'hits:1m_without_instance_sum_samples{}@120': 1 });
});

test('a host whose earlier frames went another way marks the windows that lack them, of the rules that it has series for', () => {
  const bench = new Bench(
    `${rule('sum', ', without: [instance]')}\n- {name: other, match: misses, interval: 1m, outputs: [max]}`,
  );
  bench.send('h1', 1, [[T + 1000, 1]]);
  bench.send('h2', 7, [[T + 70_000, 1]]);
  bench.send('h2', 8, [[T + 130_000, 1]]);
  expect(bench.close(T + 190_000)).toMatchObject({
    'heliograph_rollup_partial{reason=hand_over,rule=r}@60': 1,
    'heliograph_rollup_partial{reason=hand_over,rule=r}@120': 1,
    'hits:1m_without_instance_sum_samples{}@180': 1,
  });
  expect(bench.engine.rules[1]!.state.partial.size).toBe(0);
});

test('frames that were acknowledged elsewhere are a hand-over, too, and those that may still come are not', () => {
  const frames = new TakenFrames();
  const take = (sequence: number, floor: number) => frames.take('h', 'b', sequence, sequence * 10, floor)!;
  expect(take(1, 1).handedOver).toBe(false);
  // 2 and 3 wait at the host.
  expect(take(4, 2).handedOver).toBe(false);
  expect(take(2, 2).handedOver).toBe(false);
  expect(take(5, 3)).toMatchObject({ handedOver: false, moved: Number.NEGATIVE_INFINITY });
  // 3 is acknowledged, and not here.
  expect(take(6, 4)).toMatchObject({ handedOver: true, moved: 60 });
  expect(take(7, 4)).toMatchObject({ handedOver: false, moved: 60 });
  const again = new TakenFrames();
  again.fromData(structuredClone(frames.toData()));
  expect(again.take('h', 'b', 8, 80, 4)).toMatchObject({ handedOver: false, moved: 60 });
});

test('a host that was here, went and came back: the first sample of each series since then touches its window, whatever it had before', () => {
  const bench = new Bench(
    `- {name: all, match: '{__name__=~"hits|misses"}', interval: 1m, by: [], merge: core, outputs: [increase, count_series]}`,
    ['hits', 'misses'],
  );
  bench.send('h1', 1, [[T + 10 * SECOND, 5, 5]]);
  // Frame 2 went another way. The first that comes here again has nothing of one series.
  bench.send('h1', 3, [[T + 69 * SECOND, Number.NaN, 9]], T + 70 * SECOND, 3);
  bench.send('h1', 4, [[T + 80 * SECOND, 20, 10]], T + 80 * SECOND, 3);
  bench.send('h1', 5, [[T + 130 * SECOND, 30, 11]], T + 130 * SECOND, 3);
  const sketches: OutputSketch[] = [];
  bench.engine.close(T + 400 * SECOND, sketches);
  const touched = sketches.map(({ group, window }) => [
    group.metric,
    (window.end - T) / SECOND,
    window.touched ?? false,
  ]);
  expect(touched.sort()).toEqual([
    ['hits', 120, true],
    ['hits', 180, false],
    ['hits', 60, false],
    ['misses', 120, true],
    ['misses', 180, false],
    ['misses', 60, false],
  ]);
});
