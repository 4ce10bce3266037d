import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DesiredStore, desiredSchema } from '../../../core/fleet/desired.ts';
import { openState } from '../../../core/state.ts';
import { silentLog } from '../../../lib/log.ts';
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

function open(name: string, log = silentLog): DesiredStore {
  const state = openState(join(folder, name));
  opened.push(state);
  return new DesiredStore(state, log);
}
const services = (count: number) => {
  const levels = Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, 'debug']));
  return { version: 1, levels };
};
const FORM = { host: 'web*', service: 'pay', level: 'debug', for: '10m' };

test('another process of the core hears of orders and of their end, once', () => {
  const [console, gateway] = [open('console'), open('gateway')];
  console.put('web-1', { version: 1, levels: { '*': 'error' } }, 900);
  const order = console.give(FORM, 'alice', 1_000);
  // Documents are what processes of versions without orders take: there is nothing else among them.
  expect(gateway.adopt(console.all())).toEqual(['web-1']);
  gateway.delete('web-1', 950);
  expect(gateway.newest()).toBeLessThan(console.levels.newest());
  expect(gateway.levels.adopt(console.levels.rows())).toEqual([order]);
  expect(gateway.levels.adopt(console.levels.rows())).toEqual([]);
  expect(gateway.levels.newest()).toBe(console.levels.newest());
  expect(decodeDesired(gateway.bytes('web-1', 2_000)!).wishes).toMatchObject([{ service: 'pay', by: 'alice' }]);
  console.levels.lift(order.id, 'bob', 3_000);
  expect(gateway.levels.adopt(console.levels.rows())).toMatchObject([{ lifted: { by: 'bob' } }]);
  expect(gateway.bytes('web-1', 3_000)).toHaveLength(0);
  expect(gateway.bytes('db-1', 3_000)).toBeUndefined();
  // And it knows of it when it begins anew.
  expect(open('gateway').levels.all()).toEqual(gateway.levels.all());
  expect(() => gateway.levels.adopt([{ id: 'x', document: '{', changed: 9_000 }])).toThrow(/not|JSON/);
  expect(gateway.levels.all()).toHaveLength(1);
});

test('an order that is over is forgotten a month later', () => {
  const store = open('core');
  store.give(FORM, 'alice', 1_000);
  const later = 1_000 + 600_000 + 31 * 86_400_000;
  store.give({ ...FORM, host: 'db*' }, 'alice', later);
  expect(store.levels.all().map(({ host }) => host)).toEqual(['db*']);
  expect(store.bytes('web-1', later)).toBeUndefined();
});

test('documents alone are what other processes hear as documents, as those of any version read them', () => {
  const store = open('core');
  store.put('web-1', services(1), 1_000);
  store.give(FORM, 'alice', 1_000);
  for (const { document } of store.all()) expect(desiredSchema.safeParse(JSON.parse(document!)).success).toBe(true);
});

test('more levels than a collector takes are refused where they are wanted', () => {
  const store = open('core');
  store.put('web-1', services(99), 1_000);
  store.give(FORM, 'alice', 1_000);
  const refused = expect.objectContaining({ code: 'HG_CORE_LEVELS', message: expect.stringContaining('web-1: 99') });
  expect(() => store.give({ ...FORM, host: '*' }, 'alice', 1_000)).toThrow(refused);
  store.give({ ...FORM, host: 'db*' }, 'alice', 1_000);
  const document = expect.objectContaining({
    code: 'HG_CORE_DESIRED',
    message: expect.stringContaining('100 together'),
  });
  expect(() => store.put('web-1', services(100), 2_000)).toThrow(document);
  expect(decodeDesired(store.bytes('web-1', 2_000)!).wishes).toHaveLength(100);
  // What is over takes no room.
  store.put('web-1', services(100), 900_000);
});

test('where they come together all the same, the newest 100 are sent, and it is told', () => {
  const told: unknown[] = [];
  const log = { ...silentLog, warn: (_: string, facts?: object) => void told.push(facts) };
  const [store, console] = [open('core', log), open('console')];
  store.put('web-1', services(120), 1_000);
  console.give(FORM, 'alice', 1_000);
  store.levels.adopt(console.levels.rows());
  const { wishes } = decodeDesired(store.bytes('web-1', 2_000)!);
  store.bytes('web-1', 2_000);
  expect(wishes).toHaveLength(100);
  expect(wishes!.at(-1)).toMatchObject({ service: 'pay', by: 'alice' });
  expect(told).toEqual([{ host: 'web-1', left: 21 }]);
});

test('giving and lifting without end keeps the last of them, here and at other processes', () => {
  const [store, gateway] = [open('core'), open('gateway')];
  const stays = store.give({ ...FORM, for: '1h' }, 'alice', 1_000);
  for (let i = 1; i <= 300; i++) store.levels.lift(store.give(FORM, 'alice', 1_000 + i).id, 'bob', 1_000 + i);
  const last = store.give(FORM, 'alice', 2_000);
  const all = store.levels.all();
  expect(all).toHaveLength(200);
  expect([all[0], all.at(-1)]).toEqual([last, stays]);
  expect(store.levels.rows()).toHaveLength(200);
  gateway.levels.adopt(store.levels.rows());
  store.levels.lift(last.id, 'bob', 2_001);
  store.give(FORM, 'alice', 2_002);
  gateway.levels.adopt(store.levels.rows());
  expect(gateway.levels.all()).toEqual(store.levels.all());
});
