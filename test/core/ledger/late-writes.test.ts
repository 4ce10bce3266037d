import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Health } from '../../../core/api/health.ts';
import { BusAccount } from '../../../core/ledger/bus-account.ts';
import { DoorTotals } from '../../../core/ledger/door-totals.ts';
import { LateWrites } from '../../../core/ledger/late-writes.ts';
import { openMemory } from '../../../core/state.ts';
import { silentLog } from '../../../lib/log.ts';

let folder: string;
let memory: DatabaseSync;
let health: Health;
let late: LateWrites;
let timers: (() => void)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-late-writes-'));
  memory = openMemory(folder);
  health = new Health(() => 0);
  timers = [];
  const timer = (run: () => void) => {
    timers.push(run);
    return () => void timers.splice(timers.indexOf(run), 1);
  };
  late = new LateWrites({ health, log: silentLog, timer });
});
afterEach(() => {
  memory.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The database takes no write, as on a disk that is full. */
const full = (is: boolean) => memory.exec(`PRAGMA query_only = ${is ? 'ON' : 'OFF'}`);

/** As the next start reads them. */
const errors = (table: 'published' | 'acknowledged') =>
  new DoorTotals(memory, late, table).ledger()?.entries.find((entry) => entry.class === 'error')?.out ?? null;

test('what is counted beforehand is refused while it cannot be written, and is not counted', () => {
  const published = new DoorTotals(memory, late, 'published');
  full(true);
  expect(() => published.add('error', 5)).toThrow(expect.objectContaining({ code: 'HG_STORE_DISK' }));
  expect(published.ledger()).toBeNull();
  expect(health.view().well).toBe(true);
});

test('what is done already is counted at once, makes the health ill, and is written by the timer when there is room', () => {
  const acknowledged = new DoorTotals(memory, late, 'acknowledged');
  const put = new BusAccount(memory, 'bus_put');
  full(true);
  acknowledged.addDone('error', 5);
  acknowledged.addDone('error', 7, 2);
  for (const [from, to] of [
    [0, 3],
    [4, 5],
  ] as const) {
    late.write('bus_put 0', () => put.put('error', 0, from, to));
  }
  expect(acknowledged.ledger()!.entries.find((entry) => entry.class === 'error')!.out).toEqual({
    frames: 3,
    items: 12,
  });
  expect(health.view().parts).toMatchObject([{ part: 'account', well: false }]);
  expect(timers).toHaveLength(1);
  timers.shift()!();
  // Still full: tried again later.
  expect(timers).toHaveLength(1);
  full(false);
  expect(errors('acknowledged')).toBeNull();
  timers.shift()!();
  expect(errors('acknowledged')).toEqual({ frames: 3, items: 12 });
  expect(new BusAccount(memory, 'bus_put').parts()).toMatchObject([{ class: 'error', partition: 0, ranges: [[0, 5]] }]);
  expect(health.view().well).toBe(true);
  expect(timers).toEqual([]);
});

test('the next write that works brings what is owed with it, once', () => {
  const published = new DoorTotals(memory, late, 'published');
  published.add('error', 5);
  full(true);
  published.addDone('error', -5, -1);
  full(false);
  late.write('another', () => undefined);
  expect(errors('published')).toEqual({ frames: 0, items: 0 });
  late.close();
  expect(errors('published')).toEqual({ frames: 0, items: 0 });
  expect(health.view().well).toBe(true);
});
