import { expect, test } from 'vitest';
import { byRelay } from '../../../core/ledger/by-relay.ts';
import { emptyLedger, type Ledger } from '../../../lib/ledger.ts';

/** A process's account of log lines. */
function account(name: string, time: number, taken: number, queued: number, workers?: number): Ledger {
  const ledger = emptyLedger('relay', name, time);
  const log = ledger.entries.find((entry) => entry.class === 'log')!;
  log.in = { frames: taken, items: taken };
  log.out = { frames: taken - queued, items: taken - queued };
  log.queued = { frames: queued, items: queued };
  return workers === undefined ? ledger : { ...ledger, workers };
}

const log = (ledger: Ledger) => ledger.entries.find((entry) => entry.class === 'log')!;

test('a relay that is away is as old as the last word of those that took something in, not of one that was emptied long ago', () => {
  const [relay] = byRelay(
    [account('r', 9000, 10, 1, 2), account('r/1', 8000, 20, 2, 2), account('r/2', 500, 30, 0, 2)],
    [],
  );
  expect(relay).toMatchObject({ name: 'r', time: 8000, former: [{ worker: 2, time: 500, emptied: true }] });
  expect(log(relay!)).toMatchObject({ in: { frames: 60 }, out: { frames: 57 }, queued: { frames: 3 } });
  expect(log({ ...relay!, entries: relay!.former![0]!.entries }).in.frames).toBe(30);
});

test('a folder that nobody emptied is one that still has something', () => {
  const [relay] = byRelay([account('r', 9000, 10, 0, 1), account('r/1', 500, 30, 4, 3)], []);
  expect(relay).toMatchObject({ time: 9000, former: [{ worker: 1, emptied: false }] });
  expect(log(relay!).queued.frames).toBe(4);
});

test('relays of one process, and accounts from before the number was kept, are as they were', () => {
  const relays = byRelay([account('a', 9000, 10, 0), account('b', 8000, 5, 0), account('b/1', 7000, 5, 0)], []);
  expect(relays.map(({ name, time, former }) => [name, time, former])).toEqual([
    ['a', 9000, undefined],
    ['b', 7000, undefined],
  ]);
  expect(log(relays[1]!).in.frames).toBe(10);
});
