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
