import { expect, test } from 'vitest';
import { foldWindows } from '../../../../core/engines/victoriametrics/year/fold.ts';
import { AGGREGATES } from '../../../../core/engines/victoriametrics/year/window.ts';
import { seeded } from '../../../journal/random.ts';

const W = 60_000;
const fold = (samples: readonly (readonly [number, number])[], from: number, count: number, seam = 3 * W) => {
  const flat = foldWindows(
    samples.map(([time]) => time),
    samples.map(([, value]) => value),
    { from, count },
    W,
    seam,
  );
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(AGGREGATES.map((name, k) => [name, flat[i * AGGREGATES.length + k]])),
  );
};

test('one window: its first instant is inside, its last is the next one', () => {
  const [one, two] = fold([[0, 5], [30_000, 2], [59_999, 4], [60_000, 9]], 0, 2); // biome-ignore format: a row of samples
  expect(one).toEqual({ min: 2, max: 5, sum: 11, count: 3, last: 4, increase: 4 });
  expect(two).toEqual({ min: 9, max: 9, sum: 9, count: 1, last: 9, increase: 5 });
});

test('the increase begins with the last sample before the window, and a reset counts from zero', () => {
  const samples = [[50_000, 100], [70_000, 130], [110_000, 7], [130_000, 9]] as const; // biome-ignore format: a row of samples
  const [one, two] = fold(samples, W, 2);
  expect(one!.increase).toBe(30 + 7);
  expect(two!.increase).toBe(2);
});

test('a gap longer than the seam begins anew, whatever windows are computed together', () => {
  const samples = [[0, 10], [4 * W, 25], [9 * W, 60]] as const; // biome-ignore format: a row of samples
  expect(fold(samples, 0, 10, 4 * W).map(({ increase }) => increase)).toEqual(
    [0, NaN, NaN, NaN, 15, NaN, NaN, NaN, NaN, 0], // biome-ignore format: a row of windows
  );
  expect(fold(samples.slice(1), 9 * W, 1, 4 * W)[0]!.increase).toBe(0);
  expect(fold(samples, 4 * W, 1, 4 * W)[0]!.increase).toBe(15);
});

test('a staleness marker is no sample', () => {
  const [one] = fold([[-1, 3], [0, Number.NaN], [1, 5], [2, Number.NaN]], 0, 1); // biome-ignore format: a row of samples
  expect(one).toEqual({ min: 5, max: 5, sum: 5, count: 1, last: 5, increase: 2 });
});

test('random series: as counted sample by sample, alone or together, and the increases add up', () => {
  const random = seeded(7);
  for (let trial = 0; trial < 200; trial++) {
    const samples: [number, number][] = [];
    let value = Math.floor(random() * 1_000);
    for (let time = -3 * W; time < 12 * W; time += Math.ceil(random() * 40_000)) {
      value = random() < 0.1 ? Math.floor(random() * 50) : value + Math.floor(random() * 20);
      samples.push([time, value]);
    }
    const together = fold(samples, 0, 12, 3 * W);
    for (const [i, got] of together.entries()) {
      const inside = samples.filter(([time]) => time >= i * W && time < (i + 1) * W);
      const before = samples.filter(([time]) => time < i * W).slice(-1);
      const values = inside.map(([, one]) => one);
      let increase = 0;
      for (const [j, one] of values.entries()) {
        const previous = j > 0 ? values[j - 1]! : before.length > 0 ? before[0]![1] : one;
        increase += one >= previous ? one - previous : one;
      }
      if (values.length === 0) expect(got.count).toBeNaN();
      else {
        expect(got).toEqual({
          min: Math.min(...values),
          max: Math.max(...values),
          sum: values.reduce((a, b) => a + b),
          count: values.length,
          last: values.at(-1),
          increase,
        });
      }
      expect(
        fold(
          samples.filter(([time]) => time >= (i - 3) * W),
          i * W,
          1,
        )[0],
      ).toEqual(got);
    }
    const after = samples.filter(([time]) => time >= 0);
    const all = after.reduce((sum, [, one], j) => {
      const previous = j > 0 ? after[j - 1]![1] : samples[samples.length - after.length - 1]![1];
      return sum + (one >= previous ? one - previous : one);
    }, 0);
    const added = together.reduce((sum, { increase }) => sum + (Number.isNaN(increase!) ? 0 : increase!), 0);
    expect(added).toBe(all);
  }
});
