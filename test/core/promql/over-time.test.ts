import { expect, test } from 'vitest';
import { instant } from './notation.ts';

const f = (data: string, query: string, want: string) =>
  expect(instant(data, query, 240).map((line) => line.replace('{} ', ''))).toEqual([want]);

test('each function of a window', () => {
  const data = 'a 1 2 3 4 10';
  f(data, 'avg_over_time(a[1h])', '4');
  f(data, 'sum_over_time(a[1h])', '20');
  f(data, 'min_over_time(a[3m])', '3');
  f(data, 'max_over_time(a[3m] offset 1m)', '4');
  f(data, 'count_over_time(a[3m])', '3');
  f(data, 'present_over_time(a[3m])', '1');
  f(data, 'stdvar_over_time(a[1h])', '10');
  f(data, 'stddev_over_time(a[1h])', '3.1622776601683795');
  f(data, 'quantile_over_time(0.5, a[1h])', '3');
  f(data, 'quantile_over_time(0.9, a[1h])', '7.6000000000000005');
  f(data, 'quantile_over_time(-1, a[1h])', '-Inf');
  f(data, 'quantile_over_time(2, a[1h])', '+Inf');
  f(data, 'quantile_over_time(NaN, a[1h])', 'NaN');
});

test('last_over_time keeps the name, the others do not', () => {
  expect(instant('a{x="1"} 1 2', 'last_over_time(a[5m])', 60)).toEqual(['a{x=1} 2']);
  expect(instant('a{x="1"} 1 2', 'max_over_time(a[5m])', 60)).toEqual(['{x=1} 2']);
});

test('an empty window has no value', () => {
  expect(instant('a 1', 'count_over_time(a[1m])', 60)).toEqual([]);
});

test('NaN is passed over by min and max, and takes sums with it', () => {
  f('a NaN 5 3 NaN', 'min_over_time(a[1h])', '3');
  f('a NaN 5 3 NaN', 'max_over_time(a[1h])', '5');
  f('a NaN NaN', 'max_over_time(a[1h])', 'NaN');
  f('a NaN 5', 'sum_over_time(a[1h])', 'NaN');
});

test('sums keep what single additions would lose', () => {
  f('a 1 1e100 1 -1e100', 'sum_over_time(a[1h])', '2');
  f('a 5.9e-324 1e16 1 -1e16', 'sum_over_time(a[1h])', '1');
});

test('means do not overflow', () => {
  f('a 1.7e308 1.7e308 1.7e308', 'avg_over_time(a[1h])', '1.7e+308');
  f('a Inf 1', 'avg_over_time(a[1h])', '+Inf');
  f('a Inf -Inf', 'avg_over_time(a[1h])', 'NaN');
});
