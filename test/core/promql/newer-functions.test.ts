import { expect, test } from 'vitest';
import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import { memorySource } from './memory-source.ts';
import { load, OPTIONS } from './notation.ts';

const source = memorySource(
  load(
    [
      'a{h="host9"} 1 5 3 5 1 9',
      'a{h="host10"} 2 2 2 2 2 2',
      'a{h="host1"} 7 6 5 4 3 2',
      'b_bucket{le="0"} 1x5',
      'b_bucket{le="1"} 3x5',
      'b_bucket{le="2"} 9x5',
      'b_bucket{le="+Inf"} 10x5',
      'offset 4x5',
    ].join('\n'),
  ),
);
const at = (query: string) => {
  const { result } = evaluateInstant(query, 300_000, source, OPTIONS);
  return (result as { metric: Record<string, string>; value: [number, string] }[]).map(
    ({ metric, value }) => `${metric.h ?? ''} ${value[1]}`,
  );
};

test('over a window: first, median deviation, when the least and the most were', () => {
  const one = (name: string) => at(`${name}(a{h="host9"}[10m])`);
  expect(one('first_over_time')).toEqual(['host9 1']);
  expect(one('mad_over_time')).toEqual(['host9 2']);
  expect(one('ts_of_min_over_time')).toEqual(['host9 240']);
  expect(one('ts_of_max_over_time')).toEqual(['host9 300']);
  expect(one('ts_of_first_over_time')).toEqual(['host9 0']);
  expect(one('ts_of_last_over_time')).toEqual(['host9 300']);
});

test('double exponential smoothing follows a straight line, and its factors lie within 0 and 1', () => {
  expect(at('double_exponential_smoothing(a{h="host1"}[10m], 0.5, 0.5)')).toEqual(['host1 2']);
  expect(() => at('double_exponential_smoothing(a[10m], 1, 0.5)')).toThrow(/invalid smoothing factor/);
  expect(() => at('double_exponential_smoothing(a[10m], 0.5, 0)')).toThrow(/invalid trend factor/);
});

test('some of the series: the first k of each group, or always the same share', () => {
  expect(at('limitk(2, a)')).toHaveLength(2);
  expect(at('limitk by (h) (5, a)')).toHaveLength(3);
  expect(at('limitk(0, a)')).toEqual([]);
  for (const share of ['0.3', '0.5', '0.9']) {
    expect(at(`limit_ratio(${share}, a) or limit_ratio(${share} - 1, a)`)).toHaveLength(3);
    expect(at(`limit_ratio(${share}, a) and limit_ratio(${share} - 1, a)`)).toEqual([]);
  }
});

test('by label: host10 comes behind host9', () => {
  expect(at('sort_by_label(a, "h")')).toEqual(['host1 2', 'host9 9', 'host10 2']);
  expect(at('sort_by_label_desc(a, "h")')).toEqual(['host10 2', 'host9 9', 'host1 2']);
});

test('the share of observations between two values of a classic histogram', () => {
  expect(at('histogram_fraction(0, 1, b_bucket)')).toEqual([' 0.2']);
  expect(at('histogram_fraction(1, 1.5, b_bucket)')).toEqual([' 0.3']);
  expect(at('histogram_fraction(0, +Inf, b_bucket)')).toEqual([' 0.9']);
  expect(at('histogram_fraction(2, 1, b_bucket)')).toEqual([' 0']);
  expect(at('histogram_count(b_bucket)')).toEqual([]);
});

test('words that are also keywords, and numbers that end in their point', () => {
  const cases: [string, string[]][] = [
    ['offset', [' 4']],
    ['offset offset 1m + offset', [' 8']],
    ['vector(1.)', [' 1']],
    ['vector(1.e2)', [' 100']],
    ['sum by (x:y) (offset)', [' 4']],
  ];
  for (const [query, want] of cases) expect(at(query), query).toEqual(want);
  expect(() => at('atan2')).toThrow(/HG_QUERY_SYNTAX/);
  expect(evaluateRange('1. atan2 offset', 0, 60_000, 60_000, source, OPTIONS).result).toHaveLength(1);
});
