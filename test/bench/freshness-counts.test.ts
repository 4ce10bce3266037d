import { expect, test } from 'vitest';
import { FreshnessCounts } from '../../bench/end-to-end/freshness-counts.ts';

const page = (...counts: readonly [string, number][]) =>
  FreshnessCounts.of(
    counts.map(([le, count]) => `sent_seconds_bucket{le="${le}"} ${count}`).join('\n'),
    'sent_seconds',
  );

test('a stretch of time is what the later page has and the earlier one has not', () => {
  const before = page(['0.1', 5], ['1', 100], ['+Inf', 200]);
  const after = page(['0.1', 5], ['1', 200], ['+Inf', 300]);
  const between = after.since(before);
  expect(between.count).toBe(100);
  // All of them between 0.1 and 1, spread evenly as far as anybody knows.
  expect(between.quantile(0.5)).toBeCloseTo(0.55);
  expect(between.most).toBe(1);
  expect(after.most).toBe(Number.POSITIVE_INFINITY);
});

test('what lies above the last edge is at least that edge', () => {
  expect(page(['0.1', 1], ['1', 2], ['+Inf', 10]).quantile(0.99)).toBe(1);
});

test('stretches add up, and nothing is no figure', () => {
  const one = page(['1', 3], ['+Inf', 4]);
  expect(one.plus(one).count).toBe(8);
  expect(new FreshnessCounts().plus(one).count).toBe(4);
  expect(one.since(one).quantile(0.5)).toBeNaN();
  expect(new FreshnessCounts().most).toBeNaN();
});
