import { expect, test } from 'vitest';
import { Annotations } from '../../../core/promql/annotations.ts';
import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import { hashOfLabels, xxHash64 } from '../../../core/promql/label-hash.ts';
import { labelsOf } from '../../../core/promql/labels.ts';
import { naturallyBefore } from '../../../core/promql/natural-order.ts';
import { systemClock } from '../../../lib/clock.ts';
import { memorySource } from './memory-source.ts';
import { instant, load, OPTIONS, range } from './notation.ts';

/** What Prometheus 3 has beyond the functions of old. The answers are those of its own engine (test:engines compares them). */

test('limitk and limit_ratio take series as they are', () => {
  const data = 'a{i="1",job="x"} 5\na{i="2",job="x"} 6\na{i="3",job="y"} 7';
  expect(instant(data, 'limitk(2, a)')).toEqual(['a{i=1,job=x} 5', 'a{i=2,job=x} 6']);
  expect(instant(data, 'limitk by (job) (1, a)')).toEqual(['a{i=1,job=x} 5', 'a{i=3,job=y} 7']);
  expect(instant(data, 'limitk(0, a)')).toEqual([]);
  expect(() => instant(data, 'limitk(NaN, a)')).toThrow('Parameter value is NaN');
  expect(() => instant(data, 'limit_ratio(NaN, a)')).toThrow('Ratio value is NaN');
  // A ratio and what is left of it make up the whole.
  for (const ratio of [0.1, 0.3, 0.5, 0.9]) {
    const both = [...instant(data, `limit_ratio(${ratio}, a)`), ...instant(data, `limit_ratio(${ratio - 1}, a)`)];
    expect(both.sort()).toEqual(instant(data, 'a'));
  }
});

test('labels have the hash that Prometheus gives them', () => {
  expect(xxHash64(Buffer.from(''))).toBe(0xef46db3751d8e999n);
  expect(xxHash64(Buffer.from('abc'))).toBe(0x44bc2cf5ad770999n);
  expect(xxHash64(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xfbcea83c8a378bf1n);
  expect(xxHash64(Buffer.from('Call me Ishmael. Some years ago--never mind how long precisely-'))).toBe(
    0x02a2e85470d6fd96n,
  );
  const long = hashOfLabels(labelsOf({ a: 'x'.repeat(300) }));
  expect(long).toBe(xxHash64(Buffer.concat([Buffer.from([1, 97, 255, 44, 1, 0]), Buffer.from('x'.repeat(300))])));
});

test('names are put in the order of their numbers', () => {
  const ordered = ['9', '09', '10', 'sda', 'sda1b', 'sda2', 'sda10'];
  for (let i = 1; i < ordered.length; i++) {
    if (ordered[i] !== '09')
      expect([ordered[i - 1], naturallyBefore(ordered[i - 1]!, ordered[i]!)]).toEqual([ordered[i - 1], true]);
  }
  expect(naturallyBefore('sda10', 'sda2')).toBe(false);
  const data = 'd{n="sda10"} 1\nd{n="sda2"} 2\nd 3';
  expect(instant(data, 'sort_by_label(d, "n")')).toEqual(
    ['d{n=} 3', 'd{n=sda2} 2', 'd{n=sda10} 1'].map((one) => one.replace('n=}', '}')),
  );
  expect(instant(data, 'sort_by_label_desc(d, "n")')[0]).toBe('d{n=sda10} 1');
});

test('the end of a range query is what was asked for, be it on a step or not', () => {
  const data = 'a 0+1x20';
  const at = (query: string, end: number) => range(data, query, 0, end, 120);
  expect(at('a @ end()', 299)).toEqual(['a{} 4@0 4@120 4@240']);
  expect(at('a @ end()', 300)).toEqual(['a{} 5@0 5@120 5@240']);
  expect(at('sum_over_time(a[90s] @ end())', 300)).toEqual(['{} 9@0 9@120 9@240']);
  expect(at('sum_over_time(a[90s:1m] @ end())', 300)).toEqual(['{} 9@0 9@120 9@240']);
  expect(at('vector(end() - start() + range())', 300)).toEqual(['{} 600@0 600@120 600@240']);
  // One step, but a range nevertheless.
  expect(at('vector(step())', 60)).toEqual(['{} 120@0']);
  expect(at('vector(step())', 0)).toEqual(['{} 0@0']);
});

test('functions over ranges', () => {
  const data = 'a 1 5 2 NaN 8\nb 3 1 1 4 4';
  const f = (query: string, want: string) => expect([query, instant(data, query, 240)]).toEqual([query, [want]]);
  f('first_over_time(a[10m])', 'a{} 1');
  f('mad_over_time(b[10m])', '{} 1');
  f('mad_over_time(a[10m])', '{} NaN');
  f('ts_of_first_over_time(b[10m])', '{} 0');
  f('ts_of_last_over_time(b[10m])', '{} 240');
  f('ts_of_min_over_time(b[10m])', '{} 120');
  f('ts_of_max_over_time(b[10m])', '{} 240');
  f('integral(b[10m])', '{} 570');
  f('integral(b[10m], 0)', '{} 540');
  f('integral(b[10m], 1)', '{} 600');
  f('double_exponential_smoothing(b[10m], 0.5, 0.5)', '{} 2.5625');
  expect(() => instant(data, 'double_exponential_smoothing(a[10m], 1, 0.5)', 240)).toThrow('invalid smoothing factor');
});

test('anchored and smoothed look beyond the edges of a range', () => {
  const data = 'a_total 0 10 20 5 15';
  const f = (query: string, seconds: number, want: string[]) =>
    expect([query, instant(data, query, seconds)]).toEqual([query, want]);
  f('increase(a_total[90s] anchored)', 130, ['{} 20']);
  f('increase(a_total[1m] smoothed)', 90, ['{} 10']);
  f('increase(a_total[2m] smoothed)', 210, ['{} 15']);
  f('rate(a_total[1m] smoothed)', 90, ['{} 0.16666666666666666']);
  f('resets(a_total[2m] anchored)', 200, ['{} 1']);
  f('a_total smoothed', 90, ['a_total{} 15']);
  expect(() => instant(data, 'sum_over_time(a_total[2m] anchored)', 200)).toThrow(
    'anchored modifier can only be used with',
  );
});

test('fill puts a number where a series has no partner', () => {
  const data = 'a{i="1"} 1\na{i="2"} 2\nb{i="2"} 10\nb{i="3"} 20';
  expect(instant(data, 'a + b')).toEqual(['{i=2} 12']);
  expect(instant(data, 'a + fill(0) b')).toEqual(['{i=1} 1', '{i=2} 12', '{i=3} 20']);
  expect(instant(data, 'a + fill_right(5) b')).toEqual(['{i=1} 6', '{i=2} 12']);
  expect(instant(data, 'a + fill_left(7) b')).toEqual(['{i=2} 12', '{i=3} 27']);
});

test('info adds the labels of the same instance and job', () => {
  const data = [
    'up{instance="a",job="x"} 1',
    'up{instance="b",job="x"} 0',
    'target_info{instance="a",job="x",version="3",zone="n"} 1',
    'build_info{instance="b",job="x",revision="r"} 1',
  ].join('\n');
  expect(instant(data, 'info(up)')).toEqual(['up{instance=a,job=x,version=3,zone=n} 1', 'up{instance=b,job=x} 0']);
  expect(instant(data, 'info(up, {version=~".+"})')).toEqual(['up{instance=a,job=x,version=3} 1']);
  expect(instant(data, 'info(up, {__name__="build_info"})')).toEqual([
    'up{instance=a,job=x} 1',
    'up{instance=b,job=x,revision=r} 0',
  ]);
  expect(() => instant(data, 'info(up, build_info)')).toThrow('expected label selectors only');
});

test('classic histograms: fractions and several quantiles', () => {
  const data = 'h_bucket{le="1"} 2\nh_bucket{le="2"} 6\nh_bucket{le="+Inf"} 8';
  expect(instant(data, 'histogram_fraction(0, 1.5, h_bucket)')).toEqual(['{} 0.5']);
  expect(instant(data, 'histogram_fraction(-Inf, +Inf, h_bucket)')).toEqual(['{} 1']);
  expect(instant(data, 'histogram_quantiles(h_bucket, "q", 0.5, 1)')).toEqual(['{q=0.5} 1.5', '{q=1.0} 2']);
  expect(instant(data, 'histogram_count(h_bucket)')).toEqual([]);
});

test('the query’s own times', () => {
  expect(range('a 1', 'vector(start() + end() + range() + step())', 60, 180, 60)).toEqual([
    '{} 420@60 420@120 420@180',
  ]);
  expect(instant('a 1', 'max_of(3, min_of(5, NaN))')).toEqual(['NaN']);
});

test('what is odd about a query is said, with its place', () => {
  const source = memorySource(
    load('g 1 2 3\nx_bucket{le="a"} 1\nx_bucket{le="1"} 3\nx_bucket{le="2"} 1\nx_bucket{le="Inf"} 5'),
  );
  const notes = (query: string, until?: number) => {
    const annotations = new Annotations();
    if (until === undefined) evaluateInstant(query, 120_000, source, OPTIONS, systemClock, annotations);
    else evaluateRange(query, 0, until, 60_000, source, OPTIONS, systemClock, annotations);
    const { warnings, infos } = annotations.notes(query);
    return [...warnings, ...infos];
  };
  // A step only, but a range nevertheless.
  expect(notes('sort(g)', 59_000)).toHaveLength(1);
  expect(notes('sort(g)', 0)).toEqual([]);
  expect(notes('rate(g[5m])')).toEqual([
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "g" (1:6)',
  ]);
  expect(notes('1 +\n quantile(1.5, g)')).toEqual([
    'PromQL warning: quantile value should be between 0 and 1, got 1.5 (2:11)',
  ]);
  expect(notes('sort(g)', 120_000)).toEqual([
    'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)',
  ]);
  expect(notes('limit_ratio(-2, g)')).toEqual([
    'PromQL warning: ratio value should be between -1 and 1, got -2, capping to -1 (1:13)',
  ]);
  expect(notes('g </ 1')).toEqual([
    'PromQL info: incompatible sample types encountered for binary operator "</": float </ float (1:1)',
  ]);
  expect(notes('histogram_quantile(0.5, x_bucket)', 60_000)).toEqual([
    'PromQL warning: bucket label "le" is missing or has a malformed value of "a" (1:25)',
    'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 2 to 2, with a max diff of 2, over 2 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1:25)',
  ]);
  expect(notes('sum(g)')).toEqual([]);
});
