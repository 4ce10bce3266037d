import { expect, test } from 'vitest';
import { decodeStatus } from '../../proto/status.ts';
import { SORTS } from '../../relay/status/contract.ts';
import { firstRows } from '../../relay/status/first-rows.ts';
import { saidOf } from '../../relay/status/host-said.ts';
import { type Ordered, rowOrder } from '../../relay/status/row-order.ts';
import { statusMessage } from './setup.ts';

/** Not random: a run that fails must fail again. */
function rows(count: number): Ordered[] {
  let seed = 1;
  const next = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  return Array.from({ length: count }, (_, i) => ({
    host: `h${i}`,
    worker: 0,
    since: next(50),
    itemsPerSecond: next(3) === 0 ? null : next(20),
    framesPerSecond: null,
    waitingThere: next(3) === 0 ? null : next(5),
    waitingHere: next(5),
    skewMs: next(3) === 0 ? null : next(100) - 50,
    certificateEnds: next(1000),
    series: next(3) === 0 ? null : next(10),
    droppedThere: next(4),
    droppedHere: next(2),
  }));
}

test.each(SORTS)('the first rows by %s are those that sorting all of them would give', (sort) => {
  const order = rowOrder(sort);
  const all = rows(3000);
  const sorted = all.toSorted(order);
  for (const count of [0, 1, 7, 500, 1500, 4000]) expect(firstRows(all, count, order)).toEqual(sorted.slice(0, count));
});

test('hosts of which nothing is known come last, and a clock that is behind is as far off as one that is ahead', () => {
  const [a, b, c] = rows(3) as [Ordered, Ordered, Ordered];
  const all = [
    { ...a, host: 'none', skewMs: null },
    { ...b, host: 'ahead', skewMs: 10 },
    { ...c, host: 'behind', skewMs: -20 },
  ];
  expect(all.toSorted(rowOrder('skew')).map(({ host }) => host)).toEqual(['behind', 'ahead', 'none']);
});

test('a ledger that a host made up counts as far as it is numbers', () => {
  const entries = [null, 3, { dropped: 'x' }, { dropped: { cap: null, age: { frames: 'many' }, full: { frames: 4 } } }];
  const ledger = { version: 1, tier: 'collector', name: 'h', time: 1, entries };
  const status = decodeStatus(statusMessage({ series: 8, ledger: ledger as never }));
  expect(saidOf(status)).toEqual({ series: 8, queuedFrames: 0, droppedFrames: 4 });
});
