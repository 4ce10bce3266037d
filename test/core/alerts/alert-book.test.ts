import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AlertMaker, Held } from '../../../core/alerts/alert.ts';
import { AlertBook } from '../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../core/alerts/alert-store.ts';
import { openOwnDatabase } from '../../../core/disk/own-database.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-alerts-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function open(directory: string, most = 100) {
  const path = join(directory, 'alerts.db');
  const database = openOwnDatabase(path);
  const store = new AlertStore(database, path);
  const book = new AlertBook(store, most);
  const changes: string[] = [];
  book.onChange((alert, change) => changes.push(`${alert.labels.instance} ${change}`));
  let there = true;
  const close = () => {
    if (there) database.close();
    there = false;
  };
  cleanups.push(close);
  return { book, store, changes, close };
}

const maker = (more: Partial<AlertMaker> = {}): AlertMaker => ({
  ...{ id: 'r1', source: 'rule', name: 'Full', forMs: 10_000, keepFiringForMs: 0 },
  ...more,
});
const held = (instance: string, value = '1'): Held => ({
  labels: { alertname: 'Full', instance },
  annotations: { summary: `${instance} is full` },
  value,
  eventAt: null,
});
const states = (book: AlertBook) =>
  [...book.all()].map((alert) => `${alert.labels.instance} ${alert.state} ${alert.value}`);

test('an alert pends for its time, fires, ends, and begins anew under another key', () => {
  const { book, store, changes } = open(folder());
  book.hold(maker(), [held('a'), held('b')], 0);
  book.hold(maker(), [held('a', '2')], 9_999);
  expect(states(book)).toEqual(['a pending 2']);
  book.hold(maker(), [held('a', '3')], 10_000);
  expect(states(book)).toEqual(['a firing 3']);
  book.hold(maker(), [], 20_000);
  expect(states(book)).toEqual(['a resolved 3']);
  book.hold(maker(), [held('a')], 30_000);
  expect([...book.all()].map(({ activeAt, firedAt }) => [activeAt, firedAt])).toEqual([[30_000, null]]);
  expect(changes).toEqual(['a pending', 'b pending', 'b dropped', 'a firing', 'a resolved', 'a pending']);
  book.commit(30_000);
  expect(store.history(0, 1e9, 10)).toMatchObject([{ activeAt: 0, firedAt: 10_000, resolvedAt: 20_000, value: '3' }]);
});

test('keep_firing_for: it fires on for so long after it held last, and begins to count anew when it holds again', () => {
  const { book } = open(folder());
  const kept = maker({ forMs: 0, keepFiringForMs: 5_000 });
  book.hold(kept, [held('a')], 0);
  book.hold(kept, [], 1_000);
  book.hold(kept, [held('a')], 5_000);
  book.hold(kept, [], 6_000);
  book.hold(kept, [], 10_999);
  expect(states(book)).toEqual(['a firing 1']);
  book.hold(kept, [], 11_000);
  expect(states(book)).toEqual(['a resolved 1']);
});

test('a rule that fails leaves its alerts as they are: too many, the same twice, too large', () => {
  const { book } = open(folder(), 2);
  book.hold(maker(), [held('a')], 0);
  const codeOf = (more: Held[]) => {
    try {
      book.hold(maker(), more, 1);
      return 'none';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(codeOf([held('a'), held('b'), held('c')])).toBe('HG_ALERT_TOO_MANY');
  expect(codeOf([held('b'), held('b')])).toBe('HG_ALERT_TWICE');
  expect(codeOf([{ ...held('b'), annotations: { text: 'x'.repeat(40_000) } }])).toBe('HG_ALERT_TOO_LARGE');
  expect(states(book)).toEqual(['a pending 1']);
});

test('what was committed is there after a restart, and the history tells of it; what was not is not', () => {
  const directory = folder();
  const first = open(directory);
  first.book.hold(maker({ forMs: 0 }), [held('a'), held('b')], 1_000);
  first.book.hold(maker({ id: 'other' }), [held('c')], 1_000);
  first.book.commit(1_000);
  first.book.hold(maker({ forMs: 0 }), [held('b')], 2_000);
  first.close();

  const second = open(directory);
  expect(states(second.book).sort()).toEqual(['a firing 1', 'b firing 1', 'c pending 1']);
  second.book.hold(maker({ forMs: 0 }), [held('b')], 3_000);
  second.book.keepMakers('rule', new Set(['r1']), 3_000);
  second.book.commit(3_000);
  expect(
    second.store
      .history(0, 1e9, 10)
      .map(({ labels, resolvedAt }) => [labels.instance, resolvedAt])
      .sort(),
  ).toEqual([
    ['a', 3_000],
    ['b', null],
  ]);
  expect(states(second.book).sort()).toEqual(['a resolved 1', 'b firing 1']);
  second.book.commit(3_000 + 15 * 60_000);
  expect(states(second.book)).toEqual(['b firing 1']);
});

test('what is over stays while somebody needs it', () => {
  const { book } = open(folder());
  let needed = true;
  book.keepWhile(() => needed);
  book.hold(maker({ forMs: 0 }), [held('a')], 0);
  book.hold(maker({ forMs: 0 }), [], 1);
  book.commit(16 * 60_000);
  expect(states(book)).toEqual(['a resolved 1']);
  needed = false;
  book.commit(16 * 60_000);
  expect(states(book)).toEqual([]);
});

test('an alert that somebody else found has their begin, and is told of when it is handed over', () => {
  const { book, changes } = open(folder());
  const at = (notifiedBy: string | null): Held => ({ ...held('a'), activeAt: 5, notifiedBy });
  book.hold(maker({ forMs: 0 }), [at('relay-1')], 100);
  expect([...book.all()]).toMatchObject([{ activeAt: 5, firedAt: 100, notifiedBy: 'relay-1' }]);
  book.hold(maker({ forMs: 0 }), [at(null)], 200);
  book.hold(maker({ forMs: 0 }), [at(null)], 300);
  expect([...book.all()]).toMatchObject([{ activeAt: 5, notifiedBy: null }]);
  expect(changes).toEqual(['a pending', 'a firing', 'a handed']);
});

test('one that ends and begins anew before anything is written has its end in the history', () => {
  const { book, store } = open(folder());
  book.hold(maker({ forMs: 0 }), [held('a')], 0);
  book.commit(0);
  book.hold(maker({ forMs: 0 }), [], 1_000);
  book.hold(maker({ forMs: 0 }), [held('a')], 2_000);
  book.commit(2_000);
  expect(store.history(0, 1e9, 10).map(({ activeAt, resolvedAt }) => [activeAt, resolvedAt])).toEqual([
    [2_000, null],
    [0, 1_000],
  ]);
});

test('the end of one that begins anew stays while somebody needs it, also over a restart, until it fires again', () => {
  const directory = folder();
  const slow = maker({ forMs: 10_000 });
  const first = open(directory);
  first.book.keepWhile((alert) => alert.resolvedAt !== null);
  first.book.hold(slow, [held('a')], 0);
  first.book.hold(slow, [held('a')], 10_000);
  first.book.hold(slow, [], 11_000);
  first.book.hold(slow, [held('a')], 12_000);
  first.book.commit(12_000);
  expect(states(first.book).sort()).toEqual(['a pending 1', 'a resolved 1']);
  first.close();

  const second = open(directory);
  let needed = true;
  second.book.keepWhile((alert) => needed && alert.resolvedAt !== null);
  expect(states(second.book).sort()).toEqual(['a pending 1', 'a resolved 1']);
  second.book.hold(slow, [], 13_000);
  second.book.commit(13_000);
  expect(states(second.book)).toEqual(['a resolved 1']);
  second.book.hold(slow, [held('a')], 14_000);
  second.book.hold(slow, [held('a')], 24_000);
  second.book.commit(24_000);
  expect(states(second.book)).toEqual(['a firing 1']);
  needed = false;
  second.close();
  expect(states(open(directory).book)).toEqual(['a firing 1']);
});

test('what begins by a clock that is ahead fires at once where nothing is to be waited for', () => {
  const { book } = open(folder());
  book.hold(maker({ forMs: 0, source: 'relay' }), [{ ...held('a'), activeAt: 9_000 }], 1_000);
  expect(states(book)).toEqual(['a firing 1']);
});

test("rules, silent hosts, relays and the core itself take none of each other's room", () => {
  const { book } = open(folder(), 2);
  const full = (id: string, source: AlertMaker['source']) => {
    book.hold(maker({ id, source, forMs: 0 }), [held('a'), held('b')], 0);
    expect(() => book.hold(maker({ id: `${id} 2`, source }), [held('c')], 0)).toThrow('HG_ALERT_TOO_MANY');
  };
  full('rule', 'rule');
  // Lines are read by rules, too.
  expect(() => book.hold(maker({ id: 'log', source: 'log' }), [held('c')], 0)).toThrow('HG_ALERT_TOO_MANY');
  full('inventory', 'inventory');
  full('relay', 'relay');
  full('own', 'own');
  expect(book.size).toBe(8);
});

test('what is over and needed by nobody gives its room to what begins; ends that are needed are bounded', () => {
  const { book } = open(folder(), 2);
  let needed = false;
  book.keepWhile(() => needed);
  const quick = maker({ forMs: 0 });
  book.hold(quick, [held('a'), held('b')], 0);
  book.hold(quick, [], 1);
  book.hold(quick, [held('c'), held('d')], 2);
  expect(states(book)).toEqual(['c firing 1', 'd firing 1']);
  needed = true;
  for (let i = 0; i < 5; i++) {
    book.hold(quick, [], 10 * i + 3);
    book.hold(maker({ forMs: 1e6 }), [held('c'), held('d')], 10 * i + 4);
  }
  expect([...book.all()].length).toBeLessThanOrEqual(4);
});
