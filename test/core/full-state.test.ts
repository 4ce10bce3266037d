import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { transaction } from '../../core/disk/transaction.ts';
import { Definitions, sha256 } from '../../core/gateway/definitions.ts';
import { Account } from '../../core/ledger/account.ts';
import { type DeadLetter, DeadLetters } from '../../core/ledger/dead-letters.ts';
import { Gaps } from '../../core/ledger/gaps.ts';
import { LetterBudget } from '../../core/letters/budget.ts';
import { FolderObjects } from '../../core/objects/folder.ts';
import { openState } from '../../core/state.ts';
import { encodePage } from '../../proto/page.ts';

let directory: string;
let state: DatabaseSync;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-state-'));
  state = openState(directory);
});
afterEach(() => {
  state.close();
  rmSync(directory, { recursive: true, force: true });
});

/** SQLite meets SQLITE_FULL as on a full disk; 0 gives it room again. */
function room(pages: number): void {
  const { page_count } = state.prepare('PRAGMA page_count').get() as { page_count: number };
  state.exec(`PRAGMA max_page_count = ${pages === 0 ? 1_000_000 : page_count}`);
}

function gapsFrom(first: number): Parameters<Gaps['add']>[0] {
  return Array.from({ length: 500 }, (_, i) => ({
    host: 'h',
    class: 'debug' as const,
    boot: '00000001aabbccddeeff0011',
    from: first + i,
    to: first + i,
    reason: 'x'.repeat(100),
    frames: 1,
    items: 1,
    firstTime: 0,
    lastTime: 0,
  }));
}

test('a transaction that meets a full disk leaves nothing, and the next one works', () => {
  state.exec('CREATE TABLE t(x TEXT)');
  room(1);
  const fill = () => {
    for (let i = 0; i < 1_000; i++) state.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(1_000));
  };
  expect(() => transaction(state, fill)).toThrow(/full/);
  room(0);
  expect(transaction(state, () => state.prepare('SELECT count(*) AS n FROM t').get())).toEqual({ n: 0 });
});

test('declared gaps that the disk refuses are an error with a code, and can be declared again', () => {
  const gaps = new Gaps(state);
  room(1);
  expect(() => gaps.add(gapsFrom(1))).toThrow(expect.objectContaining({ code: 'HG_STORE_DISK' }));
  room(0);
  expect(gaps.add(gapsFrom(1))).toBe(500);
  expect(gaps.add(gapsFrom(1))).toBe(0);
});

test('dead letters that the disk refuses are neither entered nor counted, and count once when they come again', async () => {
  const none = { samples: 0, repeated: 0, dropped: {}, series: 0, bytes: 0, frames: { written: 0, repeated: 0 } };
  const budget = new LetterBudget(state, 1 << 20);
  const letters = new DeadLetters(new FolderObjects(join(directory, 'objects')), state, () => 1, budget);
  const account = new Account('core', {
    metrics: none,
    logs: { lines: 0, repeated: 0, dropped: {}, bytes: 0, classes: {} },
    waiting: new Map(),
    aside: letters.setAside(),
  });
  const some = Array.from(
    { length: 500 },
    (_, i): DeadLetter => ({
      class: 'log',
      host: 'h',
      relay: 'r',
      site: '',
      received: 0,
      skew: 0,
      lane: 'live',
      id: null,
      items: 2,
      reason: 'undecodable',
      code: 'HG_WIRE_TORN',
      message: '',
      frame: Uint8Array.of(i, i >> 8),
    }),
  );
  const dropped = () =>
    account.ledger(1).entries.find((entry) => entry.class === 'log')?.dropped.undecodable ?? { frames: 0, items: 0 };
  room(1);
  await expect(letters.put(some, account)).rejects.toMatchObject({ code: 'HG_STORE_DISK' });
  expect(dropped()).toEqual({ frames: 0, items: 0 });
  room(0);
  await letters.put(some, account);
  expect(dropped()).toEqual({ frames: 500, items: 1_000 });
  expect(letters.latest(1_000)).toHaveLength(500);
});

test('definitions live on when their disk does not', () => {
  const told: string[] = [];
  const definitions = new Definitions(directory, 1 << 20, 1 << 20, (error) => told.push(String(error)));
  const broken = new DatabaseSync(join(directory, 'definitions.db'));
  broken.exec('DROP TABLE definitions');
  broken.close();
  const page = encodePage([{ name: 'up', labels: [] }]);
  const hash = definitions.take(sha256(page).slice(0, 16), page);
  definitions.save();
  expect(definitions.pageSize(hash)).toBe(1);
  expect(definitions.missing(['00'.repeat(16)])).toEqual(['00'.repeat(16)]);
  expect(told).toEqual([expect.stringContaining('no such table'), expect.stringContaining('no such table')]);
  definitions.close();
});
