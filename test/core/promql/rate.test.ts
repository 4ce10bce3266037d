import { expect, test } from 'vitest';
import { instant } from './notation.ts';

const f = (data: string, query: string, seconds: number, want: string[]) =>
  expect(instant(data, query, seconds)).toEqual(want);

test('rate stretches the difference to the edges of the window', () => {
  // Samples at 60..300 in (0, 300]: 4 minutes of data, one to the left edge, extrapolated to five.
  f('a 0+60x10', 'rate(a[5m])', 300, ['{} 1']);
  f('a 0+60x10', 'increase(a[5m])', 300, ['{} 300']);
  f('a 0+60x10', 'delta(a[5m])', 300, ['{} 300']);
  f('a 0+60x10', 'rate(a[5m] offset 1m)', 360, ['{} 1']);
});

test('a counter that falls began anew', () => {
  // 100, 200, 50, 150: 100 + 50 + 100 = 250 over 180 s; extrapolated to 240 s of the window's (60, 300].
  f('a _ 0 100 200 50 150', 'increase(a[4m])', 300, ['{} 333.3333333333333']);
  f('a _ 0 100 200 50 150', 'resets(a[4m])', 300, ['{} 1']);
  f('a _ 0 100 200 50 150', 'delta(a[4m])', 300, ['{} 66.66666666666666']);
});

test('far from an edge it stretches by half a distance only, and never below zero for a counter', () => {
  // 10 and 20 at 240 and 300 in (-300, 300]: half a distance to the left, 0 to the right.
  f('a _ _ _ _ 10 20', 'increase(a[10m])', 300, ['{} 15']);
  // 2 and 12: zero was 12 s before, nearer than half a distance.
  f('a _ _ _ _ 2 12', 'increase(a[10m])', 300, ['{} 12']);
  f('a _ _ _ _ 2 12', 'delta(a[10m])', 300, ['{} 15']);
});

test('one sample is too few', () => {
  for (const name of ['rate', 'increase', 'delta', 'irate', 'idelta', 'deriv']) f('a 1 2', `${name}(a[1m])`, 60, []);
  f('a 1 2', 'predict_linear(a[1m], 60)', 60, []);
  f('a 1 2', 'changes(a[1m])', 60, ['{} 0']);
});

test('irate and idelta look at the last two', () => {
  f('a 0 1 5 65', 'irate(a[10m])', 180, ['{} 1']);
  f('a 0 1 90 30', 'irate(a[10m])', 180, ['{} 0.5']);
  f('a 0 1 90 30', 'idelta(a[10m])', 180, ['{} -60']);
});

test('deriv and predict_linear fit a line', () => {
  f('a 0+60x10', 'deriv(a[5m])', 300, ['{} 1']);
  f('a 0+60x10', 'predict_linear(a[5m], 60)', 300, ['{} 360']);
  f('a 7x10', 'deriv(a[5m])', 300, ['{} 0']);
  f('a 7x10', 'predict_linear(a[5m], 1e9)', 300, ['{} 7']);
  f('a Inf Inf', 'deriv(a[5m])', 60, ['{} NaN']);
});

test('changes counts steps, and NaN to NaN is none', () => {
  f('a 1 1 2 NaN NaN 3', 'changes(a[1h])', 300, ['{} 3']);
});

test('two series that are one without their names are refused', () => {
  expect(() => instant('a 1 2 3\nb 1 2 3', 'rate({__name__=~"a|b"}[5m])', 120)).toThrow(
    /HG_QUERY_EXECUTION.*vector cannot contain metrics with the same labelset/,
  );
});
