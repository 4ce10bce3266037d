import { expect, test } from 'vitest';
import { bucketsOf, quantileBetween } from '../../bench/end-to-end/buckets.ts';
import { Registry } from '../../lib/metrics.ts';

test('a quantile is of what came between two pages, not of what was before', () => {
  const registry = new Registry();
  const histogram = registry.histogram('took_seconds', 'how long', [1, 2, 4]);
  const page = () => bucketsOf(registry.render(), 'took_seconds');
  expect(quantileBetween(page(), page(), 0.5)).toBeNull();
  for (let i = 0; i < 50; i++) histogram.observe({}, 3);
  const before = page();
  expect(quantileBetween([], before, 0.5)).toBe(3);
  expect(quantileBetween(before, page(), 0.99)).toBeNull();
  for (let i = 0; i < 100; i++) histogram.observe({}, i < 90 ? 0.5 : 1.5);
  expect(quantileBetween(before, page(), 0.45)).toBe(0.5);
  expect(quantileBetween(before, page(), 0.95)).toBe(1.5);
  for (let i = 0; i < 900; i++) histogram.observe({}, 9);
  expect(quantileBetween(before, page(), 0.99)).toBe(4);
});
