import { expect, test } from 'vitest';
import { NumberedLines } from '../../bench/log-flood/numbered-lines.ts';
import { floodOptions } from '../../bench/log-flood/options.ts';
import { bucketsOf, quantileBetween } from '../../bench/log-flood/quantile.ts';
import { LINE_BYTES } from '../../bench/log-lines.ts';

test('no two lines are alike, although what they say comes again, and each has its length and its level', () => {
  const lines = new NumberedLines();
  const text = new TextDecoder();
  const seen = new Set<string>();
  const levels = new Set<string>();
  // The same places in the stock of lines, many times over.
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 20; i++) {
      const number = round * 32_768 + i;
      const line = text.decode(lines.message(number));
      expect(line.length).toBe(LINE_BYTES - 1);
      seen.add(line);
      levels.add(lines.level(number));
    }
  }
  expect(seen.size).toBe(1000);
  expect(levels).toContain('info');
});

test('a quantile is that of what was counted between two looks', () => {
  const page = (counts: readonly number[]) =>
    ['0.1', '0.5', '+Inf'].map((edge, i) => `h_bucket{le="${edge}"} ${counts[i]}`).join('\n');
  const before = bucketsOf(page([100, 100, 100]), 'h');
  expect(quantileBetween(before, bucketsOf(page([198, 200, 200]), 'h'), 0.99)).toBe(0.5);
  expect(quantileBetween(before, bucketsOf(page([200, 200, 200]), 'h'), 0.99)).toBe(0.1);
  expect(quantileBetween(before, bucketsOf(page([100, 150, 200]), 'h'), 0.99)).toBe(Number.POSITIVE_INFINITY);
  expect(quantileBetween(before, before, 0.99)).toBeNaN();
});

test('an option that cannot be is refused by its name', () => {
  expect(() => floodOptions({ HELIOGRAPH_BENCH_SECONDS: 'long' })).toThrow(/HELIOGRAPH_BENCH_SECONDS is long/);
  expect(() => floodOptions({ HELIOGRAPH_BENCH_STORE: 'pulsar' })).toThrow(/embedded, kafka/);
  expect(floodOptions({ HELIOGRAPH_BENCH_RATE: '20' })).toMatchObject({ megabytes: 20, search: false });
  expect(floodOptions({})).toMatchObject({ megabytes: 60, search: true, bus: 'embedded' });
});
