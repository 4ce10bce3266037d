import { expect, test } from 'vitest';
import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import { cpuMs } from '../../support/cpu.ts';
import { memorySource } from './memory-source.ts';
import { load, OPTIONS } from './notation.ts';

const series = load('a{i="1"} 0+1x99\na{i="2"} 0+1x99');
const source = memorySource(series);
const END = 99 * 60_000;

test('a query that reads or makes too many samples is stopped', () => {
  const f = (query: string, maxSamples: number) =>
    evaluateRange(query, 0, END, 60_000, source, { ...OPTIONS, maxSamples });
  expect(f('a', 1000).result).toHaveLength(2);
  expect(() => f('a', 150)).toThrow(/HG_QUERY_LIMIT.*too many samples/);
  expect(() => f('a + a + a', 1000)).toThrow(/HG_QUERY_LIMIT/);
  expect(() => f('sum_over_time(vector(1)[1y:1s])', 100_000)).toThrow(/HG_QUERY_LIMIT/);
});

test('what is looked through is given back: a function may read more than a query may hold', () => {
  const many = memorySource(load(Array.from({ length: 50 }, (_, i) => `b{i="${i}"} 0+1x99`).join('\n')));
  const f = (query: string, maxSamples: number) =>
    evaluateRange(query, 0, END, END, many, { ...OPTIONS, maxSamples }).result;
  // 5,000 samples are read, 100 at a time, and 50 series of two points made of them.
  expect(f('sum(rate(b[2h]))', 400)).toHaveLength(1);
  expect(f('b', 400)).toHaveLength(50);
  // One that stands there twice is kept, so that it is the same both times.
  expect(() => f('sum(rate(b[2h])) + sum(increase(b[2h]))', 400)).toThrow(/HG_QUERY_LIMIT/);
  expect(f('sum(rate(b[2h])) + sum(increase(b[2h]))', 20_000)).toHaveLength(1);
});

test('more than 11,000 steps are refused', () => {
  expect(() => evaluateRange('1', 0, 11_001_000, 1000, source, OPTIONS)).toThrow(/HG_QUERY_LIMIT.*11000 points/);
  expect(evaluateRange('1', 0, 11_000_000, 1000, source, OPTIONS).result).toHaveLength(1);
});

test('a query that takes too long is stopped', () => {
  let mono = 0;
  const clock = { now: () => 0, mono: () => (mono += 1) };
  expect(() => evaluateRange('rate(a[1h])', 0, END, 1000, source, { ...OPTIONS, timeoutMs: 20 }, clock)).toThrow(
    /HG_QUERY_TIMEOUT.*20 ms/,
  );
});

test('a slow window function is stopped too', () => {
  const many = load(`a ${'0+1x20000'}`, 1000);
  const started = cpuMs();
  expect(() =>
    evaluateRange('quantile_over_time(0.5, a[5h])', 0, 18_000_000, 2000, memorySource(many), {
      ...OPTIONS,
      timeoutMs: 50,
    }),
  ).toThrow(/HG_QUERY_TIMEOUT/);
  expect(cpuMs() - started).toBeLessThan(5000);
});

test('times that are no range are refused', () => {
  const f = (start: number, end: number, step: number) =>
    expect(() => evaluateRange('a', start, end, step, source, OPTIONS)).toThrow(/HG_QUERY_RANGE/);
  f(0, 10, 0);
  f(0, 10, -1);
  f(10, 0, 1);
  f(Number.NaN, 0, 1);
  f(0, Number.POSITIVE_INFINITY, 1);
  f(0, 1, 0.5);
  expect(() => evaluateInstant('a', Number.NaN, source, OPTIONS)).toThrow(/HG_QUERY_RANGE/);
});

test('each selector is read once, whatever the steps', () => {
  let reads = 0;
  const counting = {
    select: (...arguments_: Parameters<typeof source.select>) => {
      reads++;
      return source.select(...arguments_);
    },
  };
  evaluateRange('rate(a[5m]) / sum(a)', 0, END, 1000, counting, OPTIONS);
  expect(reads).toBe(2);
});

test('a range query makes sense for scalars and vectors only', () => {
  expect(() => evaluateRange('a[5m]', 0, 1, 1, source, OPTIONS)).toThrow(
    /HG_QUERY_TYPE.*invalid expression type "range vector" for range query/,
  );
  expect(() => evaluateRange('"x"', 0, 1, 1, source, OPTIONS)).toThrow(/HG_QUERY_TYPE/);
});
