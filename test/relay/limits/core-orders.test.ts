import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LimitOrder } from '../../../lib/limits/order.ts';
import { encodeOrders } from '../../../lib/limits/order-message.ts';
import { silentLog } from '../../../lib/log.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { OrderKeeper } from '../../../relay/limits/order-keeper.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-orders-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function order(id: string): LimitOrder {
  return { id, kind: 'block', match: 'hits', by: 'alice', why: 'x', at: 1, until: null };
}
const list = (version: number, ...ids: string[]) => encodeOrders({ version, orders: ids.map(order) });

async function open() {
  const inForce: string[][] = [];
  const limits = {
    setOrders: (orders: readonly LimitOrder[]) => void inForce.push(orders.map(({ id }) => id)),
    trouble: () => null,
    met: () => 0,
    whole: ({ most }: LimitOrder) => most ?? 0,
  };
  const keeper = await OrderKeeper.open({ directory, files: nodeFiles, limits, log: silentLog });
  return { keeper, inForce };
}

test('a list is in force, is kept over a restart, and gives way only to a newer one', async () => {
  const { keeper, inForce } = await open();
  expect(keeper.held()).toEqual({ heldOrders: { version: 0, counts: true, trouble: '' } });
  expect(await keeper.take(list(7, 'a', 'b'))).toBe(true);
  expect(await keeper.take(list(7, 'c'))).toBe(false);
  expect(await keeper.take(list(6))).toBe(false);
  expect(inForce).toEqual([['a', 'b']]);
  const again = await open();
  expect(again.inForce).toEqual([['a', 'b']]);
  expect(again.keeper.held().heldOrders.version).toBe(7);
  await again.keeper.take(list(8));
  expect((await open()).inForce).toEqual([[]]);
});

test.each([
  ['no JSON', Buffer.from('{')],
  ['no list', Buffer.from('{"version":9}')],
  ['an order of another kind', Buffer.from('{"version":9,"orders":[{"id":"a","kind":"flood","match":"m"}]}')],
  ['bytes', Buffer.from([0xff, 0xfe, 0])],
])('%s is refused, and those before stay', async (_, bytes) => {
  const { keeper, inForce } = await open();
  await keeper.take(list(7, 'a'));
  await expect(keeper.take(bytes)).rejects.toMatchObject({ code: 'HG_LIMITS_MESSAGE' });
  expect(inForce).toEqual([['a']]);
  expect(keeper.held().heldOrders).toMatchObject({ version: 7, trouble: expect.stringMatching(/cannot be read/) });
  await keeper.take(list(8, 'b'));
  expect(keeper.held().heldOrders.trouble).toBe('');
});

test('a file that is damaged stops no start; the core tells the list again', async () => {
  const { keeper } = await open();
  await keeper.take(list(7, 'a'));
  const file = join(directory, 'limit-orders.json');
  writeFileSync(file, readFileSync(file).subarray(0, 20));
  const { keeper: again, inForce } = await open();
  expect(again.held().heldOrders.version).toBe(0);
  await again.take(list(7, 'a'));
  expect(inForce).toEqual([['a']]);
});

test('a disk that refuses is said; the list is in force all the same', async () => {
  const inForce: string[][] = [];
  const limits = {
    setOrders: (orders: readonly LimitOrder[]) => void inForce.push(orders.map(({ id }) => id)),
    trouble: () => null,
    met: () => 0,
    whole: ({ most }: LimitOrder) => most ?? 0,
  };
  let full = true;
  const files = {
    ...nodeFiles,
    open: (path: string, create: boolean) =>
      full && create ? Promise.reject(new Error('no space')) : nodeFiles.open(path, create),
  };
  const keeper = await OrderKeeper.open({ directory, files, limits, log: silentLog });
  await keeper.take(list(7, 'a'));
  expect(inForce).toEqual([['a']]);
  expect(keeper.held().heldOrders.trouble).toMatch(/no space/);
  full = false;
  await keeper.take(list(8, 'b'));
  expect(keeper.held().heldOrders.trouble).toBe('');
});
