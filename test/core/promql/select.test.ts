import { expect, test } from 'vitest';
import { instant, range } from './notation.ts';

test('an instant vector has the newest sample of the last five minutes, the left edge excluded', () => {
  const f = (data: string, seconds: number, want: string[]) => expect(instant(data, 'a', seconds)).toEqual(want);
  f('a 1 2 3', 0, ['a{} 1']);
  f('a 1 2 3', 59.999, ['a{} 1']);
  f('a 1 2 3', 60, ['a{} 2']);
  f('a 1 2 3', 419.999, ['a{} 3']);
  f('a 1 2 3', 420, []);
  f('a 1 2 3', -1, []);
});

test('a staleness marker ends a series at once, an ordinary NaN does not', () => {
  expect(instant('a 1 2 stale', 'a', 119)).toEqual(['a{} 2']);
  expect(instant('a 1 2 stale', 'a', 120)).toEqual([]);
  expect(instant('a 1 2 stale _ 5', 'a', 240)).toEqual(['a{} 5']);
  expect(instant('a 1 2 NaN', 'a', 120)).toEqual(['a{} NaN']);
  expect(instant('a 1 stale 3 NaN', 'count_over_time(a[1h])', 180)).toEqual(['{} 3']);
});

test('offset moves the time, @ fixes it', () => {
  const data = 'a 1 2 3 4 5 6';
  const f = (query: string, want: string[]) => expect(instant(data, query, 180)).toEqual(want);
  f('a offset 1m', ['a{} 3']);
  f('a offset -1m', ['a{} 5']);
  f('a offset 60', ['a{} 3']);
  f('a @ 60', ['a{} 2']);
  f('a @ 60 offset -2m', ['a{} 4']);
  f('a offset -2m @ 60', ['a{} 4']);
  f('a @ 60.0004', ['a{} 2']);
  expect(range(data, 'a @ end() - a @ start()', 60, 240, 60)).toEqual(['{} 3@60 3@120 3@180 3@240']);
});

test('a range selector alone gives the samples of (t - range, t]', () => {
  expect(instant('a 1 2 3 4', 'a[2m]', 180)).toEqual(['a{} 3@120 4@180']);
  expect(instant('a 1 2 stale 4', 'a[1h]', 180)).toEqual(['a{} 1@0 2@60 4@180']);
  expect(instant('a 1 2 3 4', 'a[2m] offset 1m', 180)).toEqual(['a{} 2@60 3@120']);
});

test('a subquery asks at multiples of its step, the left edge excluded', () => {
  const data = 'a 0+1x20';
  expect(instant(data, 'a[3m:1m]', 600)).toEqual(['a{} 8@480 9@540 10@600']);
  expect(instant(data, 'a[3m:2m]', 660)).toEqual(['a{} 10@600']);
  expect(instant(data, 'a[2m:]', 600)).toEqual(['a{} 9@540 10@600']);
  expect(instant(data, 'max_over_time((a * 2)[3m:1m] offset 1m)', 600)).toEqual(['{} 18']);
  expect(range(data, 'sum_over_time(a[2m:1m])', 300, 420, 60)).toEqual(['{} 9@300 11@360 13@420']);
});

test('a range query steps from start to end, and its series are in order of labels', () => {
  expect(range('a{x="2"} 1 2 3\na{x="1"} 4 _ stale', 'a', 0, 150, 50)).toEqual([
    'a{x=1} 4@0 4@50 4@100',
    'a{x=2} 1@0 1@50 2@100 3@150',
  ]);
  expect(range('a 1', '1 + 1', 0, 2, 1)).toEqual(['{} 2@0 2@1 2@2']);
  expect(range('a 1', 'a', 1000, 1001, 1)).toEqual([]);
});

test('series under any name, quoted where it is no identifier', () => {
  const data = '{"disk.free", "mount point"="/"} 7\nup 1';
  expect(instant(data, '{"disk.free"}')).toEqual(['disk.free{mount point=/} 7']);
  expect(instant(data, 'sum by ("mount point") ({"disk.free"})')).toEqual(['{mount point=/} 7']);
  expect(instant(data, '{__name__=~"disk.*|u.*"}')).toHaveLength(2);
});
