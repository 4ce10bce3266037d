import { expect, test } from 'vitest';
import { instant, range } from './notation.ts';

const DATA = `
a{job="x",i="1"} 1
a{job="x",i="2"} 3
a{job="y",i="1"} 10
a{job="y",i="2"} 20
a{job="y",i="3"} NaN`;

const f = (query: string, want: string[]) => expect(instant(DATA, query)).toEqual(want);

test('groups by, and without', () => {
  f('sum by (job) (a{i!="3"})', ['{job=x} 4', '{job=y} 30']);
  f('sum(a{i!="3"}) by (job)', ['{job=x} 4', '{job=y} 30']);
  f('sum without (job) (a{job="y"})', ['{i=1} 10', '{i=2} 20', '{i=3} NaN']);
  f('sum without () (a{job="x"})', ['{i=1,job=x} 1', '{i=2,job=x} 3']);
  f('sum by (none) (a{job="x"})', ['{} 4']);
  f('sum by (__name__) (a{job="x"})', ['a{} 4']);
  f('SUM(a{job="x"})', ['{} 4']);
  f('sum(nothing)', []);
});

test('each aggregation', () => {
  f('avg(a{job="x"})', ['{} 2']);
  f('min(a)', ['{} 1']);
  f('max(a)', ['{} 20']);
  f('max(a{i="3"})', ['{} NaN']);
  f('count(a)', ['{} 5']);
  f('group by (job) (a)', ['{job=x} 1', '{job=y} 1']);
  f('stddev(a{job="x"})', ['{} 1']);
  f('stdvar(a{job="y",i!="3"})', ['{} 25']);
  f('quantile(0.5, a{i!="3"})', ['{} 6.5']);
  f('quantile(0.5, a{job="y"})', ['{} 10']);
  f('count_values("v", a)', ['{v=1} 1', '{v=10} 1', '{v=3} 1', '{v=20} 1', '{v=NaN} 1']);
  f('count_values by (job) ("v", a{job="x"} > bool 0)', ['{job=x,v=1} 2']);
});

test('topk and bottomk keep series as they are, in order of value, NaN last', () => {
  f('topk(2, a)', ['a{i=2,job=y} 20', 'a{i=1,job=y} 10']);
  f('bottomk(2, a)', ['a{i=1,job=x} 1', 'a{i=2,job=x} 3']);
  f('topk by (job) (1, a)', ['a{i=2,job=x} 3', 'a{i=2,job=y} 20']);
  f('topk(10, a{job="y"})', ['a{i=2,job=y} 20', 'a{i=1,job=y} 10', 'a{i=3,job=y} NaN']);
  f('topk(0, a)', []);
  f('topk(-1, a)', []);
  f('topk(-Inf, a)', []);
  f('topk(1.9, a)', ['a{i=2,job=y} 20']);
  expect(() => instant(DATA, 'topk(NaN, a)')).toThrow(/HG_QUERY_EXECUTION.*Parameter value is NaN/);
  expect(() => instant(DATA, 'topk(1e20, a)')).toThrow(/HG_QUERY_EXECUTION.*overflows int64/);
});

test('of equal values topk and bottomk keep those that the heap of Prometheus keeps', () => {
  const equal = 'm{i="1"} 1\nm{i="2"} 1\nm{i="3"} 0\nm{i="4"} 2';
  // The first of the two that are equal is on top of the heap when a smaller one comes, and goes.
  expect(instant(equal, 'bottomk(2, m)')).toEqual(['m{i=3} 0', 'm{i=2} 1']);
  expect(instant(equal, 'topk(2, m)')).toEqual(['m{i=4} 2', 'm{i=2} 1']);
});

test('topk of a range query chooses at each step', () => {
  expect(range('a{i="1"} 1 5 1\na{i="2"} 2 2 2', 'topk(1, a)', 0, 120, 60)).toEqual([
    'a{i=1} 5@60',
    'a{i=2} 2@0 2@120',
  ]);
});

test('sums are compensated, means do not overflow', () => {
  const big = 'a{i="1"} 1\na{i="2"} 1e100\na{i="3"} 1\na{i="4"} -1e100';
  expect(instant(big, 'sum(a)')).toEqual(['{} 2']);
  expect(instant(big, 'avg(a)')).toEqual(['{} 0.5']);
  const huge = 'a{i="1"} 1.7e308\na{i="2"} 1.7e308';
  expect(instant(huge, 'avg(a)')).toEqual(['{} 1.7e+308']);
  expect(instant(huge, 'sum(a)')).toEqual(['{} +Inf']);
});

test('a bad label for count_values is refused', () => {
  expect(() => instant(DATA, 'count_values("", a)')).toThrow(/HG_QUERY_EXECUTION.*invalid label name ""/);
});
