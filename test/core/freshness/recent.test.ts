import { expect, test } from 'vitest';
import { RecentTimes, WINDOW_MS } from '../../../core/freshness/recent.ts';

test('quantiles are a twentieth too large at most, and never beyond the longest', () => {
  const times = new RecentTimes();
  expect(times.figure([0.5], 0)).toBeNull();
  for (let i = 1; i <= 1_000; i++) times.observe(i / 100, 1_000);
  const { count, max, quantiles } = times.figure([0.01, 0.5, 0.99, 1], 1_000)!;
  expect(count).toBe(1_000);
  expect(max).toBe(10);
  for (const [i, exact] of [0.1, 5, 9.9, 10].entries()) {
    expect(quantiles[i]).toBeGreaterThanOrEqual(exact);
    expect(quantiles[i]).toBeLessThanOrEqual(Math.min(10, exact * 1.0501));
  }
});

test('no time at all and hours are counted too', () => {
  const times = new RecentTimes();
  times.observe(0, 0);
  times.observe(20_000, 0);
  expect(times.figure([0.5, 0.99], 0)).toEqual({ count: 2, max: 20_000, quantiles: [0.001, 20_000] });
});

test('a bad start is forgotten after ten minutes, and not before five', () => {
  const times = new RecentTimes();
  times.observe(60, 0);
  for (let at = 1_000; at < WINDOW_MS * 3; at += 1_000) {
    times.observe(1, at);
    const { max, count } = times.figure([0.5], at)!;
    if (at < WINDOW_MS) expect(max).toBe(60);
    if (at >= WINDOW_MS * 2) expect(max).toBe(1);
    expect(count).toBeLessThanOrEqual((WINDOW_MS * 2) / 1_000);
    if (at >= WINDOW_MS) expect(count).toBeGreaterThan(WINDOW_MS / 1_000);
  }
  // Nothing came for longer than that.
  expect(times.figure([0.5], WINDOW_MS * 9)).toBeNull();
});

test('a clock that is set back begins anew', () => {
  const times = new RecentTimes();
  times.observe(60, WINDOW_MS * 5);
  times.observe(1, 0);
  expect(times.figure([0.99], 0)).toMatchObject({ count: 1, max: 1 });
});
