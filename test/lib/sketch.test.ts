import { expect, test } from 'vitest';
import { quantileOf as exactQuantile } from '../../core/promql/quantile.ts';
import { addValue, mergeSketch, quantileOf, type Sketch, startSketch } from '../../lib/sketch.ts';
import { seededRandom } from '../../simulator/random.ts';

const PHIS = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

function sketchOf(values: readonly number[]): Sketch {
  const sketch = startSketch();
  for (const value of values) addValue(sketch, value);
  return sketch;
}

test('quantiles are within 1/256 of the exact ones, for values of any sign and size', () => {
  const random = seededRandom(7);
  const f = (make: () => number) => {
    const values = Array.from({ length: 5000 }, make);
    const sketch = sketchOf(values);
    for (const phi of PHIS) {
      const exact = exactQuantile(phi, [...values]);
      expect(Math.abs(quantileOf(sketch, phi) - exact), `${phi}`).toBeLessThanOrEqual(Math.abs(exact) / 256 + 1e-12);
    }
  };
  f(() => 0.001 * Math.exp(3 * random()) + (random() < 0.01 ? random() : 0));
  f(() => -10 * random() - 1);
  f(() => Math.floor(random() * 5));
  f(() => 10 ** (random() * 30 - 15));
});

test('merged sketches are the sketch of all values', () => {
  const random = seededRandom(8);
  const values = Array.from({ length: 3000 }, () => (random() - 0.3) * 10 ** (random() * 6));
  const merged = sketchOf(values.slice(0, 1000));
  for (const part of [values.slice(1000, 1010), values.slice(1010)]) mergeSketch(merged, sketchOf(part));
  const whole = sketchOf(values);
  for (const phi of PHIS) expect(quantileOf(merged, phi)).toBe(quantileOf(whole, phi));
  expect(merged.count).toBe(3000);
});

test('infinite and tiny values have their place, and a bounded one', () => {
  const sketch = sketchOf([Number.NEGATIVE_INFINITY, -5, 1e-300, -1e-300, 1e300, Number.POSITIVE_INFINITY]);
  expect(quantileOf(sketch, 0)).toBe(Number.NEGATIVE_INFINITY);
  expect(quantileOf(sketch, 0.2)).toBeCloseTo(-5, 1);
  expect(quantileOf(sketch, 0.4)).toBe(0);
  expect(quantileOf(sketch, 0.8)).toBeGreaterThan(1e19);
  expect(quantileOf(sketch, 1)).toBe(Number.POSITIVE_INFINITY);
  expect(sketch.above.counts.length).toBeLessThan(128 * 128);
  expect(quantileOf(startSketch(), 0.5)).toBeNaN();
});
