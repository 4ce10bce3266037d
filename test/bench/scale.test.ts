import { expect, test } from 'vitest';
import { best, climb } from '../../bench/scale/climb.ts';
import { brokenBy, type Judged } from '../../bench/scale/verdict.ts';

/** A system that sustains so many hosts. */
async function climbing(limit: number, first = 100, most = 8) {
  const tried = await climb(first, most, async (hosts) => ({ step: hosts, broken: hosts > limit ? 'full' : null }));
  return { order: tried.map(({ hosts }) => hosts), best: best(tried)?.hosts ?? null };
}

test('the load rises by half until it breaks, and once more between', async () => {
  expect(await climbing(240)).toEqual({ order: [100, 150, 225, 338, 282], best: 225 });
  expect(await climbing(300)).toEqual({ order: [100, 150, 225, 338, 282], best: 282 });
});

test('where the first does not hold it goes down; the number of steps is bounded', async () => {
  expect(await climbing(60)).toEqual({ order: [100, 66, 44, 55], best: 55 });
  expect(await climbing(1_000_000, 100, 3)).toEqual({ order: [100, 150, 225], best: 225 });
  expect(await climbing(0, 3)).toEqual({ order: [3, 2, 1], best: null });
});

const GOOD: Judged = {
  asked: 10_000,
  sent: 9_990,
  currentAfter: 1,
  queued: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => [at, at % 2 === 0 ? 0 : 10_000]),
  freshSeconds: 0.4,
};

test('a load is sustained, or it is said what broke', () => {
  expect(brokenBy(GOOD)).toBeNull();
  expect(brokenBy({ ...GOOD, sent: 8_900 })).toContain('the hosts sent 8,900 samples/s of 10,000');
  expect(brokenBy({ ...GOOD, queued: GOOD.queued.map(([at]) => [at, at * 1_000]) })).toBe(
    'the backlog grew by 1,000 samples a second',
  );
  expect(brokenBy({ ...GOOD, currentAfter: null })).toContain('did not go away');
  expect(brokenBy({ ...GOOD, freshSeconds: 5.1 })).toBe('queryable after 5.1 s at p99');
  expect(brokenBy({ ...GOOD, freshSeconds: Number.NaN })).toBe('nothing became queryable');
});
