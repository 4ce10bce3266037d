import { expect, test } from 'vitest';
import { BlockWork, type BlockWorkParts } from '../../../core/gateway/block-work.ts';
import type { MetricFrame } from '../../../core/ports/frames.ts';
import type { FrameOutcome, MetricStore } from '../../../core/ports/metric-store.ts';
import type { BlockEntry } from '../../../proto/block.ts';
import type { SketchWindow } from '../../../proto/sketches.ts';
import { TestHost } from '../../support/core/host.ts';
import { windowEntry, windowOf } from '../../support/core/sketches.ts';

const ORIGIN = { relay: 'north', site: 'north', class: 'metric', lane: 'live' } as const;

interface Faults {
  /** The number of a lot that the store refuses at once. */
  readonly fails?: number;
  readonly setAside?: () => Promise<void>;
  /** Others take a turn of the event loop, and not none. */
  readonly others?: boolean;
  /** Of the blocks. */
  readonly lane?: 'live' | 'backfill';
  /** What the store says of itself. */
  readonly store?: Partial<MetricStore>;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The work on blocks of metrics before a store that is told by the test when it has accepted a lot, and when it has it on disk. */
function open(
  series: number,
  { fails, setAside = async () => undefined, others = false, lane = 'live', store = {} }: Faults = {},
) {
  const host = new TestHost('web-1');
  const page = host.page(Array.from({ length: series }, (_, i) => ({ name: `metric_${i}` })));
  const lots: {
    readonly frames: number;
    readonly samples: number;
    readonly accept: (isNew: (frame: number) => boolean) => void;
    readonly done: PromiseWithResolvers<FrameOutcome[]>;
  }[] = [];
  const seen: string[] = [];
  const work = new BlockWork({
    now: () => 1,
    breathe: async () => {
      seen.push('turn');
      if (others) await turn();
    },
    definitions: {
      missing: () => [],
      refusal: () => undefined,
      pageSize: () => series,
      page: () => ({ hash: page.hash, series: page.series }),
      base: () => undefined,
    },
    metrics: {
      ...{ visibleAfterMs: 0, ...store },
      write: (frames: readonly MetricFrame[], accept: (isNew: (frame: number) => boolean) => void) => {
        const samples = frames.reduce((sum, { rows }) => sum + rows[0]!.values.length, 0);
        seen.push(`write ${frames.length}`);
        lots.push({ frames: frames.length, samples, accept, done: Promise.withResolvers() });
        if (lots.length - 1 === fails) lots.at(-1)!.done.reject(new Error(`lot ${fails}`));
        return lots.at(-1)!.done.promise;
      },
    },
    account: {
      take: () => undefined,
      settle: (_: string, { written }: FrameOutcome) => seen.push(`settled ${written}`),
    },
    freshness: { queryable: () => seen.push('fresh') },
    refused: { inc: () => undefined },
    setAside,
    fleet: { seen: () => undefined },
    sketches: {
      put: (_from: object, _came: number, { groups }: SketchWindow) => {
        seen.push(`put ${groups.length}`);
        return Promise.resolve();
      },
    },
  } as unknown as BlockWorkParts);
  const write = async (of: number | BlockEntry[], onAccepted: () => void) => {
    const made = (frames: number) =>
      Array.from({ length: frames }, (_, i) => host.metrics(page, [[i, Array(series).fill(i)]]));
    const entries = typeof of === 'number' ? made(of) : of;
    const origin = { ...ORIGIN, lane };
    await work.write(origin, await work.open(origin, entries), onAccepted);
  };
  return { lots, seen, write };
}

const written = (frames: number): FrameOutcome[] =>
  Array.from({ length: frames }, () => ({ written: 1, repeated: 0, dropped: {} }));

test('a large block goes to the store in lots, with a turn for others between them, and is accepted when all are', async () => {
  const { lots, seen, write } = open(2);
  let accepted = 0;
  const done = write(1_200, () => accepted++);
  await turn();
  expect(seen.filter((word) => word.startsWith('write'))).toEqual(['write 500', 'write 500', 'write 200']);
  // One while it was opened, and then one between two lots.
  expect(seen).toEqual(['turn', 'write 500', 'turn', 'write 500', 'turn', 'write 200']);
  lots[1]!.accept(() => true);
  lots[2]!.accept(() => true);
  expect(accepted).toBe(0);
  lots[0]!.accept(() => true);
  expect(accepted).toBe(1);
  for (const lot of lots) lot.done.resolve(written(lot.frames));
  await done;
  expect(accepted).toBe(1);
});

test('frames whose series are still to be made are a write of their own, which keeps nobody behind them waiting', async () => {
  const { lots, write } = open(2, { store: { knows: ({ id }) => id.sequence % 3 === 0 } });
  let accepted = 0;
  const done = write(300, () => accepted++);
  await turn();
  expect(lots.map(({ frames }) => frames)).toEqual([100, 200]);
  expect(accepted).toBe(0);
  lots[0]!.accept(() => true);
  expect(accepted).toBe(1);
  lots[0]!.done.resolve(written(100));
  let over = false;
  const ended = done.then(() => {
    over = true;
  });
  await turn();
  // The block is the core's only when all of it is.
  expect(over).toBe(false);
  lots[1]!.done.resolve(written(200));
  await ended;
  expect(accepted).toBe(1);
});

test('where too many samples wait for their series, further frames hold their place', async () => {
  const { lots, write } = open(250, { store: { knows: () => false } });
  const accepted: number[] = [];
  const blocks = Array.from({ length: 41 }, (_, i) => write(400, () => accepted.push(i)));
  await turn();
  await turn();
  // Forty blocks of 100,000 samples are four million.
  expect(accepted).toHaveLength(40);
  for (const lot of lots) lot.done.resolve(written(lot.frames));
  await Promise.all(blocks);
  expect(accepted).toHaveLength(41);
});

test('a backlog goes in small lots, each when the one before is there, to a store that works on one after the other', async () => {
  const { lots, write } = open(2, { lane: 'backfill', store: { inOrder: true } });
  const done = write(250, () => undefined);
  for (const frames of [100, 100, 50]) {
    await turn();
    expect(lots.at(-1)!.frames).toBe(frames);
    lots.at(-1)!.done.resolve(written(frames));
    await turn();
  }
  await done;
  expect(lots).toHaveLength(3);
});

test('frames of many samples make small lots, and one that is larger than a lot goes by itself', async () => {
  const { lots, write } = open(250);
  const done = write(900, () => undefined);
  await turn();
  expect(lots.map(({ frames }) => frames)).toEqual([400, 400, 100]);
  for (const { samples } of lots) expect(samples).toBeLessThanOrEqual(100_000);
  for (const lot of lots) lot.done.resolve(written(lot.frames));
  await done;
});

test('a lot that fails makes the block come again; what the others wrote is accounted for', async () => {
  const { lots, seen, write } = open(2);
  let accepted = 0;
  const done = write(1_000, () => accepted++);
  await turn();
  lots[0]!.accept(() => true);
  lots[1]!.done.reject(new Error('the store is full'));
  await expect(done).rejects.toThrow('the store is full');
  expect(accepted).toBe(0);
  expect(seen.some((word) => word.startsWith('settled'))).toBe(false);
  lots[0]!.done.resolve(written(500));
  await turn();
  expect(seen.filter((word) => word === 'settled 1')).toHaveLength(500);
});

test('a block fails only when none of its lots holds frames any more, and no further lot is begun', async () => {
  const { lots, seen, write } = open(2);
  let over = '';
  const done = write(1_000, () => undefined).catch((error: Error) => {
    over = error.message;
  });
  await turn();
  lots[1]!.done.reject(new Error('the store is full'));
  await turn();
  expect(over).toBe('');
  lots[0]!.accept(() => true);
  await done;
  expect(over).toBe('the store is full');
  lots[0]!.done.resolve(written(500));
  await turn();
  expect(seen.filter((word) => word === 'settled 1')).toHaveLength(500);
});

test('after a lot that failed at once the rest of the block is not offered', async () => {
  const { lots, write } = open(2, { fails: 0, others: true });
  await expect(write(1_500, () => undefined)).rejects.toThrow('lot 0');
  expect(lots.map(({ frames }) => frames)).toEqual([500]);
});

test('frames that cannot be put away make the block fail, and only when the lots before are accepted', async () => {
  let asides = 0;
  const setAside = async () => {
    // The first is of the opening.
    if (++asides === 3) throw new Error('the disk is full');
  };
  const { lots, write } = open(2, { setAside });
  let over = '';
  const done = write(600, () => undefined).catch((error: Error) => {
    over = error.message;
  });
  await turn();
  expect(lots).toHaveLength(1);
  expect(over).toBe('');
  lots[0]!.done.reject(new Error('too late to matter'));
  await done;
  expect(over).toBe('the disk is full');
});

test('how fresh frames are is counted when the store took them, not when they are durable, and only of those that are new', async () => {
  const { lots, seen, write } = open(2);
  const fresh = () => seen.filter((word) => word === 'fresh').length;
  const done = write(10, () => undefined);
  await turn();
  lots[0]!.accept((frame) => frame >= 3);
  expect(fresh()).toBe(7);
  lots[0]!.done.resolve(written(10));
  await done;
  expect(fresh()).toBe(7);
});

test('a store that is durable at once says with that which frames are new', async () => {
  const { lots, seen, write } = open(2);
  const done = write(3, () => undefined);
  await turn();
  lots[0]!.done.resolve([{ written: 0, repeated: 2, dropped: {} }, ...written(2)]);
  await done;
  expect(seen.filter((word) => word === 'fresh')).toHaveLength(2);
});

test('sketches, of which a few bytes may be large, go on a few frames at a time', async () => {
  const { lots, seen, write } = open(2);
  const entries = Array.from({ length: 12 }, (_, i) => windowEntry(windowOf(200, 1, 1_000), i + 1, 'north'));
  const done = write(entries, () => undefined);
  await turn();
  const words = seen.filter((word) => word !== 'turn');
  const some = (put: number) => [...Array(put).fill('put 200'), `write ${put}`];
  expect(words).toEqual([...some(5), ...some(5), ...some(2)]);
  for (const lot of lots) lot.done.resolve(written(lot.frames));
  await done;
});
