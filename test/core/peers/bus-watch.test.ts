import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BusSide } from '../../../core/ledger/bus-hop.ts';
import { BusMemory } from '../../../core/ledger/bus-memory.ts';
import { BusWatch, type HeardSide } from '../../../core/peers/bus-watch.ts';
import type { BusStanding } from '../../../core/ports/bus.ts';
import { HeliographError } from '../../../lib/errors.ts';

const amount = (frames: number, items: number) => ({ frames, items });
let at = 100;
const now = () => at;
let state: DatabaseSync;
let memory: BusMemory;
beforeEach(() => {
  state = new DatabaseSync(':memory:');
  memory = new BusMemory(state);
});
afterEach(() => state.close());

/** Records 0 to before `sure` are acknowledged to it. */
function gateway(sure: number): HeardSide {
  const published = [{ class: 'log' as const, sure: amount(sure, sure * 10) }];
  const put = [{ class: 'log' as const, partition: 0, ranges: [[0, sure - 1] as const] }];
  return { side: { published, put, taken: [] }, repeated: new Map(), heard: at + 1, here: true };
}

function indexer(ranges: [number, number][], more: Partial<HeardSide> = {}, repeated = 0): HeardSide {
  const counted = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const side: BusSide = {
    published: [],
    put: [],
    taken: [{ class: 'log', partition: 0, ranges, items: counted * 10, counted }],
  };
  const again = new Map([['log' as const, amount(repeated, repeated * 10)]]);
  return { side, repeated: again, heard: at + 1, here: true, ...more };
}

function busAt(standing: () => BusStanding[]) {
  return { standing: async (topic: string) => (topic === 'logs.log' ? standing() : []) };
}

/** As the console looks, each time a little later. */
async function twice(watch: BusWatch, sides: () => HeardSide[]): Promise<ReturnType<BusWatch['hops']>> {
  for (let i = 0; i < 2; i++) {
    at += 10;
    await watch.look(sides());
  }
  return watch.hops();
}

test('what waits and what two indexers took make up what was published; a record that both took counts once', async () => {
  const watch = new BusWatch(
    busAt(() => [{ partition: 0, done: 8, end: 10 }]),
    now,
    memory,
  );
  const hops = await twice(watch, () => [gateway(10), indexer([[0, 5]]), indexer([[4, 7]], {}, 2)]);
  expect(hops).toEqual([
    {
      from: 'gateways',
      to: 'indexers',
      class: 'log',
      sent: amount(10, 100),
      received: amount(10, 100),
      state: 'equal',
      queued: amount(2, 20),
      repeated: amount(2, 20),
    },
  ]);
});

test('a record that nobody took and that does not wait is missing, and only when everybody was heard after the look', async () => {
  const watch = new BusWatch(
    busAt(() => [{ partition: 0, done: 10, end: 10 }]),
    now,
    memory,
  );
  const lost = (more: Partial<HeardSide>) => [gateway(10), indexer([[0, 3]]), indexer([[5, 9]], more)];
  expect(await twice(watch, () => lost({}))).toMatchObject([
    { sent: amount(10, 100), received: amount(9, 90), state: 'missing' },
  ]);
  // What was found missing stays so, also when the gateway does not say any more that it was there; until somebody has it.
  const forgotten = (more: [number, number][]) => () => [gateway(0), indexer([[0, 3], [5, 9], ...more])];
  expect(await twice(watch, forgotten([]))).toMatchObject([{ sent: amount(10, 100), state: 'missing' }]);
  expect(await twice(watch, forgotten([[4, 4]]))).toMatchObject([{ state: 'equal' }]);
});

test('one that is away may have what nobody else has', async () => {
  const bus = busAt(() => [{ partition: 0, done: 10, end: 10 }]);
  const watch = new BusWatch(bus, now, memory);
  const lost = (more: Partial<HeardSide>) => [gateway(10), indexer([[0, 3]]), indexer([[5, 9]], more)];
  expect(await twice(watch, () => lost({ heard: 0, here: false }))).toMatchObject([{ state: 'behind' }]);
});

test('what was under way at a kill is no difference, whether it arrived or not, and hides none', async () => {
  const watch = new BusWatch(
    busAt(() => [{ partition: 0, done: 11, end: 11 }]),
    now,
    memory,
  );
  // Three more on the bus than were acknowledged.
  const [hop] = await twice(watch, () => [gateway(8), indexer([[0, 10]])]);
  expect(hop).toMatchObject({ state: 'equal', sent: { frames: 11 }, received: { frames: 11 } });
  // And one of those that were acknowledged is gone.
  const sides = () => [
    gateway(8),
    indexer([
      [0, 4],
      [6, 10],
    ]),
  ];
  const [lost] = await twice(watch, sides);
  expect(lost).toMatchObject({ state: 'missing', sent: { frames: 11 }, received: { frames: 10 } });
});

test('a bus that ends before what it acknowledged has lost it', async () => {
  const watch = new BusWatch(
    busAt(() => [{ partition: 0, done: 4, end: 6 }]),
    now,
    memory,
  );
  const [hop] = await twice(watch, () => [gateway(10), indexer([[0, 3]])]);
  expect(hop).toMatchObject({ state: 'missing', sent: { frames: 10 }, received: { frames: 6 } });
});

test('brokers that do not answer, and a process that does not say, prove nothing', async () => {
  let down = true;
  const bus = {
    standing: async () => {
      if (down) throw new HeliographError('HG_ENGINE_DOWN', 'Kafka');
      return [];
    },
  };
  const watch = new BusWatch(bus, now, memory);
  expect(await twice(watch, () => [gateway(10), indexer([[0, 3]])])).toEqual([]);
  down = false;
  expect(await twice(watch, () => [gateway(10), indexer([[0, 3]])])).toMatchObject([{ state: 'missing' }]);
  await watch.look(null);
  expect(watch.hops()).toEqual([]);
});

test('what a process that is no part of the core any more had taken is not missing', async () => {
  const bus = busAt(() => [{ partition: 0, done: 10, end: 10 }]);
  memory.depart(indexer([[0, 3]]).side.taken);
  memory.depart(indexer([[4, 5]]).side.taken);
  const watch = new BusWatch(bus, now, new BusMemory(state));
  expect(await twice(watch, () => [gateway(10), indexer([[6, 9]])])).toMatchObject([
    { state: 'equal', received: amount(10, 100) },
  ]);
});
