import { expect, test } from 'vitest';
import { leastSquares } from '../../bench/soak/least-squares.ts';
import { trendOf } from '../../bench/soak/trend.ts';
import { seededRandom } from '../../simulator/random.ts';

test('a line through points, with the error of its slope', () => {
  // By hand: slope 11/10 of 1, residuals 0.1 -0.2 0.1 -> sum 0.06, error sqrt(0.06 / 1 / 2).
  const { slope, error, mean } = leastSquares([
    [0, 1.1],
    [1, 1.9],
    [2, 3.3],
  ]);
  expect(slope).toBeCloseTo(1.1);
  expect(mean).toBeCloseTo(2.1);
  expect(error).toBeCloseTo(Math.sqrt(0.06 / 2));
  expect(() => leastSquares([[0, 1]])).toThrow(RangeError);
});

const random = seededRandom(7);
/** An hour of a figure, a point each 10 s, that swings by 5 to each side. */
const hour = (of: (seconds: number) => number) =>
  Array.from({ length: 360 }, (_, i) => [i * 10, of(i * 10) + (random() - 0.5) * 10] as const);

test('what swings about a level is flat, and what only grew in the first half', () => {
  expect(
    trendOf(
      hour(() => 200),
      0,
    ).flat,
  ).toBe(true);
  expect(
    trendOf(
      hour((seconds) => 200 + Math.min(seconds, 1_700) / 10),
      0,
    ).flat,
  ).toBe(true);
});

test('a leak of 60 MiB an hour is not', () => {
  const { flat, anHour, sureTo, grewBy } = trendOf(
    hour((seconds) => 200 + seconds / 60),
    8,
  );
  expect(flat).toBe(false);
  expect(anHour).toBeGreaterThan(50);
  expect(anHour).toBeLessThan(70);
  expect(sureTo).toBeLessThan(10);
  // Half an hour of it, less what is not sure.
  expect(grewBy).toBeGreaterThan(25);
});

test('what it may rise by in any case, it may; and it may fall', () => {
  expect(
    trendOf(
      hour((seconds) => 200 + seconds / 60),
      50,
    ).flat,
  ).toBe(true);
  expect(
    trendOf(
      hour((seconds) => 200 - seconds / 60),
      0,
    ),
  ).toMatchObject({ flat: true, grewBy: 0 });
});
