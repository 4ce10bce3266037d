import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OrderStore } from '../../../core/limits/order-store.ts';
import { openState } from '../../../core/state.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;
const MOST_KEPT = 20;

let directory: string;
let state: DatabaseSync;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'order-store-'));
  state = openState(directory);
});
afterEach(() => {
  state.close();
  rmSync(directory, { recursive: true });
});

const block = (metric: string) => ({ block: metric, why: 'a test' });
const matches = (store: OrderStore) => store.all().map(({ match }) => match);

/** Gives and lifts `most` orders, one a second, from `from` on. */
function lifted(store: OrderStore, most: number, from = NOW): void {
  for (let i = 0; i < most; i++) {
    const { id } = store.give(block(`m${i}`), 'alice', from + i * 1000);
    store.lift(id, 'bob', from + i * 1000 + 1);
  }
}

test('whoever gives and lifts without end forgets the first that were over, never one in force', () => {
  const store = new OrderStore(state, MOST_KEPT);
  store.give(block('in_force'), 'alice', NOW - DAY_MS);
  lifted(store, MOST_KEPT + 1);
  const kept = [...Array(MOST_KEPT - 1).keys()].map((i) => `m${MOST_KEPT - i}`);
  expect(matches(store)).toEqual([...kept, 'in_force']);
  const again = new OrderStore(state, MOST_KEPT);
  expect(matches(again)).toEqual(matches(store));
  expect(again.newest()).toBe(store.newest());
  expect(again.inForce(NOW + DAY_MS)).toHaveLength(1);
  store.give(block('later'), 'alice', NOW + 100 * DAY_MS);
  expect(matches(store)).toEqual(['later', 'in_force']);
});

test('one that was lifted last stays, also when the clock was set back before it', () => {
  const store = new OrderStore(state, MOST_KEPT);
  lifted(store, MOST_KEPT);
  const { id } = store.give(block('back'), 'alice', NOW - DAY_MS);
  store.lift(id, 'bob', NOW - DAY_MS);
  expect(store.rows()).toHaveLength(MOST_KEPT);
  expect(matches(store)).toContain('back');
  expect(new OrderStore(state, MOST_KEPT).newest()).toBe(store.newest());
});

test('what another process tells is bounded alike, and what is forgotten is no news when it is told again', () => {
  const store = new OrderStore(state, MOST_KEPT);
  lifted(store, MOST_KEPT);
  const other = mkdtempSync(join(tmpdir(), 'order-store-'));
  const theirs = openState(other);
  try {
    const gateway = new OrderStore(theirs, MOST_KEPT);
    expect(gateway.adopt(store.rows(), NOW + DAY_MS)).toBe(true);
    expect(gateway.rows()).toHaveLength(MOST_KEPT);
    lifted(gateway, 1, NOW + DAY_MS);
    // The first is over longest by now.
    expect(matches(gateway)).not.toContain('m1');
    expect(gateway.adopt(store.rows(), NOW + DAY_MS)).toBe(false);
    expect(matches(gateway)).not.toContain('m1');
  } finally {
    theirs.close();
    rmSync(other, { recursive: true });
  }
});
