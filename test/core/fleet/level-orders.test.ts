import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DesiredStore } from '../../../core/fleet/desired.ts';
import { openState } from '../../../core/state.ts';
import { decodeDesired } from '../../../proto/desired.ts';

let folder: string;
const opened: ReturnType<typeof openState>[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'level-orders-'));
});
afterEach(() => {
  for (const state of opened.splice(0)) state.close();
  rmSync(folder, { recursive: true });
});

function open(name: string): DesiredStore {
  const state = openState(join(folder, name));
  opened.push(state);
  return new DesiredStore(state);
}
const FORM = { host: 'web*', service: 'pay', level: 'debug', for: '10m' };

test('another process of the core hears of orders and of their end, once', () => {
  const [console, gateway] = [open('console'), open('gateway')];
  const order = console.give(FORM, 'alice', 1_000);
  expect(gateway.adopt(console.all())).toEqual({ hosts: [], orders: [order] });
  expect(gateway.adopt(console.all())).toEqual({ hosts: [], orders: [] });
  expect(decodeDesired(gateway.bytes('web-1', 2_000)!).wishes).toMatchObject([{ service: 'pay', by: 'alice' }]);
  console.lift(order.id, 'bob', 3_000);
  expect(gateway.adopt(console.all()).orders).toMatchObject([{ lifted: { by: 'bob' } }]);
  expect(gateway.bytes('web-1', 3_000)).toHaveLength(0);
  expect(gateway.bytes('db-1', 3_000)).toBeUndefined();
  // And it knows of it when it begins anew.
  expect(open('gateway').orders()).toEqual(gateway.orders());
});

test('an order that is over is forgotten a month later', () => {
  const store = open('core');
  store.give(FORM, 'alice', 1_000);
  const later = 1_000 + 600_000 + 31 * 86_400_000;
  store.give({ ...FORM, host: 'db*' }, 'alice', later);
  expect(store.orders().map(({ host }) => host)).toEqual(['db*']);
  expect(store.bytes('web-1', later)).toBeUndefined();
});
