import { expect, test } from 'vitest';
import { auditHop } from '../../lib/audit.ts';
import { Ranges } from '../../lib/ranges.ts';
import { seededRandom } from '../../simulator/random.ts';

test('a set of ranges agrees with a plain set over random additions', () => {
  const seed = Math.floor(Math.random() * 1e9);
  const random = seededRandom(seed);
  const ranges = new Ranges();
  const plain = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const from = Math.floor(random() * 500);
    if (random() < 0.2) {
      const to = from + Math.floor(random() * 10);
      ranges.addRange(from, to);
      for (let n = from; n <= to; n++) plain.add(n);
    } else {
      expect(ranges.add(from), `seed ${seed}`).toBe(!plain.has(from));
      plain.add(from);
    }
    if (i % 100 === 0) {
      expect(ranges.size, `seed ${seed}`).toBe(plain.size);
      const missing = ranges
        .missing(0, 520)
        .flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, k) => low + k));
      expect(missing, `seed ${seed}`).toEqual(Array.from({ length: 521 }, (_, n) => n).filter((n) => !plain.has(n)));
      expect(new Ranges(ranges.pairs()).pairs()).toEqual(ranges.pairs());
    }
  }
});

test('the audit names a loss, a repeat and what nobody sent, and is silent when all is well', () => {
  const id = { host: 'h', boot: 'b', class: 'metric' };
  expect(auditHop('x', [{ ...id, ranges: [[1, 9]] }], [{ ...id, ranges: [[1, 9]] }], { strict: true })).toEqual([]);
  // Two relays together have it all.
  expect(
    auditHop(
      'x',
      [{ ...id, ranges: [[1, 9]] }],
      [
        { ...id, ranges: [[1, 4]] },
        { ...id, ranges: [[5, 9]] },
      ],
      { strict: true },
    ),
  ).toEqual([]);
  expect(
    auditHop(
      'x',
      [{ ...id, ranges: [[1, 9]] }],
      [
        {
          ...id,
          ranges: [
            [1, 3],
            [5, 9],
          ],
          repeated: [[2, 2]],
        },
      ],
      { strict: true },
    ),
  ).toEqual([
    { kind: 'lost', hop: 'x', ...id, ranges: [[4, 4]] },
    { kind: 'repeated', hop: 'x', ...id, ranges: [[2, 2]] },
  ]);
  expect(auditHop('x', [], [{ ...id, ranges: [[1, 2]] }], { strict: true })).toEqual([
    { kind: 'unexplained', hop: 'x', ...id, ranges: [[1, 2]] },
  ]);
});
