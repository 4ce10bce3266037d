import { expect, test } from 'vitest';
import { DistinctSketch } from '../../../lib/limits/distinct-sketch.ts';
import { hashSeries, hashText } from '../../../lib/limits/series-hash.ts';
import { mixBits } from '../../../lib/mix-bits.ts';

const hashes = (from: number, to: number, salt = 0) =>
  Array.from({ length: to - from }, (_, i) => hashText(`value-${salt}-${from + i}`));

test('up to 128 are counted exactly, each once', () => {
  const sketch = new DistinctSketch(10);
  for (let round = 0; round < 3; round++) for (const hash of [0, ...hashes(0, 127)]) sketch.add(hash);
  expect(sketch.estimate).toBe(128);
});

test.each([8, 10, 14])(
  'with precision %i the error stays within four of its standard errors, at every size',
  (precision) => {
    const bound = (4 * 1.04) / Math.sqrt(2 ** precision);
    for (let salt = 0; salt < 5; salt++) {
      const sketch = new DistinctSketch(precision);
      let next = 1;
      let news = 0;
      for (const [i, hash] of hashes(0, 200_000, salt).entries()) {
        news += sketch.add(hash);
        if (i + 1 < next) continue;
        next = Math.ceil(next * 1.5);
        expect(Math.abs(sketch.estimate / (i + 1) - 1)).toBeLessThan(bound);
        expect(Math.abs(news / (i + 1) - 1)).toBeLessThan(bound);
      }
    }
  },
);

test('what is new in a stretch is estimated without what was there before', () => {
  const sketch = new DistinctSketch(10);
  for (const hash of hashes(0, 100_000)) sketch.add(hash);
  let again = 0;
  for (const hash of hashes(0, 100_000)) again += sketch.add(hash);
  expect(again).toBe(0);
  let fresh = 0;
  for (const hash of hashes(100_000, 150_000)) fresh += sketch.add(hash);
  expect(fresh).toBeGreaterThan(40_000);
  expect(fresh).toBeLessThan(60_000);
});

test('a merge is as if all had been added to one, in whatever order, small or large', () => {
  for (const [left, right] of [
    [50, 60],
    [50, 5000],
    [5000, 50],
    [20_000, 30_000],
  ] as const) {
    const one = new DistinctSketch(10);
    const a = new DistinctSketch(10);
    const b = new DistinctSketch(10);
    for (const hash of hashes(0, left)) {
      one.add(hash);
      a.add(hash);
    }
    for (const hash of hashes(Math.floor(left / 2), right)) {
      one.add(hash);
      b.add(hash);
    }
    const text = DistinctSketch.fromText(JSON.parse(JSON.stringify(b.toText())));
    a.merge(text);
    expect(a.estimate).toBeCloseTo(one.estimate, 6);
    text.merge(a.copy());
    expect(text.estimate).toBeCloseTo(one.estimate, 6);
  }
  expect(() => new DistinctSketch(10).merge(new DistinctSketch(8))).toThrow(RangeError);
});

test('series that differ in where a name ends, or in one digit, have hashes of their own', () => {
  const of = (labels: [string, string][]) => {
    const { high, low } = hashSeries(labels);
    return `${high}:${low}`;
  };
  expect(of([['a', 'bc']])).not.toBe(of([['ab', 'c']]));
  expect(
    of([
      ['a', 'b'],
      ['c', 'd'],
    ]),
  ).not.toBe(
    of([
      ['a', 'bc'],
      ['', 'd'],
    ]),
  );
  const seen = new Set<string>();
  const mixed = new Set<number>();
  for (let i = 0; i < 200_000; i++) {
    const { high, low } = hashSeries([
      ['__name__', 'm'],
      ['instance', 'web-1'],
      ['user', String(i)],
    ]);
    seen.add(`${high}:${low}`);
    mixed.add(mixBits(high ^ low));
  }
  expect(seen.size).toBe(200_000);
  // 32 bits: some 4.7 of them meet by chance.
  expect(mixed.size).toBeGreaterThan(199_975);
});
