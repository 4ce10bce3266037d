import { expect, test } from 'vitest';
import { addTo, sumOf } from '../../lib/compensated.ts';
import { addToDistribution } from '../../lib/distribution.ts';
import { mergePart, PLAIN_RESULTS, startPart, type WindowPart } from '../../lib/window-part.ts';
import { seededRandom } from '../../simulator/random.ts';

const BOUNDS = [1, 10];

/** Of some samples, in a row: [time, value]. */
function partOf(samples: readonly (readonly [number, number])[]): WindowPart {
  const part = startPart(BOUNDS.length);
  const { rest, distribution } = part;
  const mean = samples.reduce((sum, [, value]) => sum + value, 0) / samples.length;
  rest.mean = mean;
  rest.squares = samples.reduce((sum, [, value]) => sum + (value - mean) ** 2, 0);
  for (const [time, value] of samples) {
    addToDistribution(distribution, value, BOUNDS);
    addTo(rest.increase, value);
    if (time > rest.time || (time === rest.time && value > rest.value)) Object.assign(rest, { time, value });
  }
  rest.series = 1;
  return part;
}

test('parts of a window, in any order, are what one would have of all its samples', () => {
  const random = seededRandom(3);
  const samples = Array.from({ length: 900 }, (_, i) => [i % 300, 1e6 + 20 * random()] as const);
  const cuts = [0, 1, 7, 400, 401, 900];
  const parts = cuts.slice(1).map((to, i) => partOf(samples.slice(cuts[i], to)));
  const whole = partOf(samples);
  for (const order of [parts, parts.toReversed()]) {
    const merged = startPart(BOUNDS.length);
    for (const part of order) mergePart(merged, part);
    for (const [name, of] of Object.entries(PLAIN_RESULTS)) {
      const wanted = name === 'count_series' ? parts.length : of(whole, 60);
      expect(Math.abs(of(merged, 60) / wanted - 1), name).toBeLessThan(1e-11);
    }
    expect(merged.distribution.buckets).toEqual(whole.distribution.buckets);
    expect(merged.rest.value).toBe(whole.rest.value);
    expect(sumOf(merged.distribution.sum)).toBeCloseTo(sumOf(whole.distribution.sum), 3);
  }
});
