import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CapShares, type ShareLink } from '../../../core/limits/cap-shares.ts';
import type { LimitOrder } from '../../../lib/limits/order.ts';
import { encodeOrders, type OrderList } from '../../../lib/limits/order-message.ts';
import { decodeNeeds, encodeJson, type OrderParts } from '../../../lib/limits/order-parts.ts';
import { silentLog } from '../../../lib/log.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { OrderKeeper } from '../../../relay/limits/order-keeper.ts';
import { until } from '../../support/until.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-parts-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const cap = (id: string, most = 1000): LimitOrder => {
  return { id, kind: 'cap', match: id, most, by: 'alice', why: 'x', at: 1, until: null };
};
const list = (version: number, orders: LimitOrder[], shared = true): OrderList => ({ version, orders, shared });
const parts = (number: number, version: number, of: Record<string, number>) =>
  encodeJson({ number, version, parts: of });

/** A relay's process that sees 300 series of each cap, and may be refused what it writes. */
async function open() {
  let inForce: Record<string, number> = {};
  const disk = { full: false, wait: Promise.resolve() };
  const limits = {
    setOrders: (orders: readonly LimitOrder[], of: ReadonlyMap<string, number> | null = null) => {
      inForce = Object.fromEntries(orders.map(({ id, most }) => [id, of ? (of.get(id) ?? 0) : most!]));
    },
    trouble: () => null,
    met: () => 300,
    whole: ({ most }: LimitOrder) => most!,
  };
  const files = {
    ...nodeFiles,
    open: async (path: string, create: boolean) => {
      if (create) await disk.wait;
      if (create && disk.full) throw new Error('no space');
      return nodeFiles.open(path, create);
    },
  };
  const keeper = await OrderKeeper.open({ directory, files, limits, log: silentLog });
  const needs = () => decodeNeeds(keeper.needs()!.orderNeeds.needs);
  return { keeper, disk, needs, inForce: () => inForce };
}
type Side = Awaited<ReturnType<typeof open>>;

/** Streams to a core; messages come at once. */
function coreOf(orders: OrderList, first = false) {
  let now = 0;
  const shares = new CapShares(() => now);
  shares.setOrders(orders, first);
  const waiting: (() => Promise<void>)[] = [];
  const connect = async (side: Side, key: string) => {
    const link: ShareLink = {
      key,
      sendParts: (told: OrderParts) =>
        void waiting.push(async () => {
          await side.keeper.takeParts(encodeJson(told));
          shares.heard(link, side.needs());
        }),
    };
    side.keeper.opened();
    shares.heard(link, side.needs());
    await pass();
    return link;
  };
  const pass = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await one();
  };
  const later = async (ms: number) => {
    now += ms;
    shares.tick();
    await pass();
  };
  return { shares, connect, pass, later };
}

test('a core that does not know the caps in force takes nothing from them, over restarts as well', async () => {
  const side = await open();
  await side.keeper.take(encodeOrders(list(5, [cap('a')])));
  await coreOf(list(5, [cap('a')])).connect(side, 'r');
  expect(side.inForce()).toEqual({ a: 1000 });
  const lost = coreOf(list(0, []), true);
  await lost.connect(side, 'r');
  expect(side.inForce()).toEqual({ a: 1000 });
  await coreOf(list(3, [cap('b')])).connect(side, 'r');
  expect(side.inForce()).toEqual({ a: 1000 });
  const again = await open();
  expect(again.inForce()).toEqual({ a: 1000 });
  // A process of the core that hears of them late goes on with what there is.
  await lost.connect(again, 'r');
  lost.shares.setOrders(list(5, [cap('a')]));
  await lost.pass();
  expect(again.inForce()).toEqual({ a: 1000 });
  expect(lost.shares.partsOf('a').get('r')).toBe(1000);
  const other = await open();
  await lost.connect(other, 's');
  await lost.later(3000);
  expect(again.inForce().a! + other.inForce().a!).toBe(1000);
});

test('parts that come before their list wait for it; what is not named keeps its part, within the cap', async () => {
  const { keeper, needs, inForce } = await open();
  await keeper.take(encodeOrders(list(5, [cap('a'), cap('c')])));
  await keeper.takeParts(parts(1, 5, { a: 700, c: 400 }));
  await keeper.takeParts(parts(2, 6, { b: 50 }));
  expect(inForce()).toEqual({ a: 700, c: 400 });
  expect(needs().number).toBe(1);
  await keeper.take(encodeOrders(list(6, [cap('a', 100), cap('b')])));
  expect(inForce()).toEqual({ a: 100, b: 50 });
  expect(needs()).toEqual({ number: 2, orders: { a: { seen: 300, part: 100 }, b: { seen: 300, part: 50 } } });
  expect((await open()).inForce()).toEqual({ a: 100, b: 50 });
  // Of another stream: they mean nothing any more.
  await keeper.takeParts(parts(3, 7, { a: 1 }));
  keeper.opened();
  await keeper.take(encodeOrders(list(7, [cap('a', 100)])));
  expect(inForce()).toEqual({ a: 100 });
});

test('relays that had the whole cap each have a part when the core begins to share it, and never nothing', async () => {
  const sides = [await open()];
  await sides[0]!.keeper.take(encodeOrders(list(5, [cap('a')], false)));
  sides.push(await open());
  expect(sides.map(({ inForce }) => inForce().a)).toEqual([1000, 1000]);
  const core = coreOf(list(5, [cap('a')]), true);
  for (const [at, side] of sides.entries()) {
    expect(side.needs().orders).toEqual({ a: { seen: 300, part: 1000 } });
    await side.keeper.take(encodeOrders(list(5, [cap('a')])));
    expect(side.inForce()).toEqual({ a: 1000 });
    await core.connect(side, `r${at}`);
  }
  // Within the minute after its start too.
  await core.later(1000);
  expect(sides.map(({ inForce }) => inForce().a)).toEqual([500, 500]);
});

test('a relay that was upgraded under a core that shares has the whole cap until it is told; one that had nothing has nothing', async () => {
  writeFileSync(join(directory, 'limit-orders.json'), encodeOrders(list(5, [cap('a')])));
  const side = await open();
  expect(side.inForce()).toEqual({ a: 1000 });
  expect(side.needs().orders).toEqual({ a: { seen: 300, part: 1000 } });
  rmSync(join(directory, 'limit-orders.json'));
  const fresh = await open();
  await fresh.keeper.take(encodeOrders(list(5, [cap('a')])));
  expect((await open()).inForce()).toEqual({ a: 0 });
});

test('the core hears of parts when they are on disk: what a kill brings back is not more than it knows', async () => {
  const { keeper, disk, needs, inForce } = await open();
  await keeper.take(encodeOrders(list(5, [cap('a')])));
  await keeper.takeParts(parts(1, 5, { a: 900 }));
  const gate = Promise.withResolvers<void>();
  disk.wait = gate.promise;
  const taken = keeper.takeParts(parts(2, 5, { a: 100 }));
  expect(inForce()).toEqual({ a: 100 });
  expect(needs()).toEqual({ number: 1, orders: { a: { seen: 300, part: 900 } } });
  expect((await open()).inForce()).toEqual({ a: 900 });
  disk.full = true;
  gate.resolve();
  await taken;
  expect(needs()).toMatchObject({ number: 1, orders: { a: { part: 900 } } });
  // More of it is in force before it is on disk.
  await keeper.takeParts(parts(3, 5, { a: 950 }));
  expect(needs()).toMatchObject({ number: 1, orders: { a: { part: 950 } } });
  await keeper.takeParts(parts(4, 5, { a: 100 }));
  expect(keeper.held().heldOrders.trouble).toMatch(/no space/);
  disk.full = false;
  await until('it was written when there was room', () => needs().number === 4);
  expect(needs().orders).toEqual({ a: { seen: 300, part: 100 } });
  expect(keeper.held().heldOrders.trouble).toBe('');
  expect((await open()).inForce()).toEqual({ a: 100 });
});
