import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BusAccount } from '../../../core/ledger/bus-account.ts';
import { openState } from '../../../core/state.ts';

let folder: string;
let state: ReturnType<typeof openState>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-bus-account-'));
  state = openState(folder);
});
afterEach(() => {
  state.close();
  rmSync(folder, { recursive: true, force: true });
});

test('records count once by their offsets, also over a restart; what the group had done before counts as taken', () => {
  let account = new BusAccount(state);
  expect(account.begun('log')).toBe(false);
  account.begin('log', [
    { partition: 0, done: 0 },
    { partition: 1, done: 4 },
  ]);
  account.take('log', { partition: 1, offsets: [4, 5, 7] }, [2, 3, 4]);
  account.take('log', { partition: 1, offsets: [5, 7, 8] }, [3, 4, 10]);
  state.close();
  state = openState(folder);
  account = new BusAccount(state);
  expect(account.begun('log')).toBe(true);
  expect(account.begun('debug')).toBe(false);
  account.take('log', { partition: 1, offsets: [8] }, [10]);
  expect(account.parts()).toEqual([
    {
      class: 'log',
      partition: 1,
      ranges: [
        [0, 5],
        [7, 8],
      ],
      items: 19,
      counted: 4,
    },
  ]);
});

test('of what a gateway put between others the newest is kept, and is written down now and then', () => {
  let at = 0;
  const account = new BusAccount(state, 'bus_put', () => at);
  for (let send = 0; send < 2_001; send++) account.put('log', 3, send * 2, send * 2);
  expect(account.parts()[0]!.ranges).toHaveLength(1_000);
  expect(account.parts()[0]!.ranges.at(-1)).toEqual([4_000, 4_000]);
  const written = () => new BusAccount(state, 'bus_put').parts();
  expect(written()).toMatchObject([{ ranges: [[0, 0]] }]);
  at += 2_000;
  account.put('log', 3, 4_002, 4_003);
  expect(written()).toEqual(account.parts());
  account.put('log', 4, 7, 7);
  expect(written()).toHaveLength(1);
  account.save();
  expect(written()).toEqual(account.parts());
});
