import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RefusedLines } from '../../core/ledger/refused-lines.ts';
import { LetterBudget } from '../../core/letters/budget.ts';
import { LetterList } from '../../core/letters/list.ts';
import { readLetters } from '../../core/letters/objects.ts';
import { LetterRemoval } from '../../core/letters/removal.ts';
import { FolderObjects } from '../../core/objects/folder.ts';
import { openState } from '../../core/state.ts';
import { logFrame, logLine } from '../contracts/log-frames.ts';

let folder: string;
let state: DatabaseSync;
let objects: FolderObjects;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-letters-'));
  state = openState(folder);
  objects = new FolderObjects(join(folder, 'objects'));
});
afterEach(() => {
  state.close();
  rmSync(folder, { recursive: true, force: true });
});

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of objects.list('')) found.push(key);
  return found;
}

async function threeLines() {
  const budget = new LetterBudget(state, 1 << 20);
  const refused = new RefusedLines(objects, state, () => 7, budget);
  const frame = logFrame('h1', 3, [logLine(1, 'one'), logLine(2, 'two'), logLine(3, 'three')]);
  await refused.put([0, 1, 2].map((at) => ({ frame, at, reason: 'mapper_parsing_exception: no' })));
  const list = new LetterList(state);
  const removal = new LetterRemoval({ objects, state, list, budget, now: () => 8 });
  return { budget, list, removal, frame, refused };
}

test('an object that could not be deleted is deleted by the next sweep, and its letters do not come back', async () => {
  const { list, removal, budget } = await threeLines();
  const [before] = await keys();
  const rows = list.find({}, 'oldest', 10, null);
  const remove = objects.delete.bind(objects);
  objects.delete = () => Promise.reject(new Error('away'));
  await expect(removal.remove(rows.slice(0, 2), 'purged')).rejects.toThrow('away');
  expect(await keys()).toHaveLength(2);
  objects.delete = remove;
  expect(await removal.sweep()).toBe(1);
  const left = list.find({}, 'oldest', 10, null);
  expect(left).toHaveLength(1);
  expect(await keys()).toEqual([left[0]!.object]);
  expect(left[0]!.object).not.toBe(before);
  const kept = await readLetters(objects, left[0]!.object!);
  expect([...kept!.lines.keys()]).toEqual([left[0]!.id]);
  expect(budget.used).toBe(left[0]!.bytes);
  expect(await removal.sweep()).toBe(0);
});

test('what was written in vain, because the rows could not change, goes by the sweep too', async () => {
  const { list, removal } = await threeLines();
  const [before] = await keys();
  const rows = list.find({}, 'oldest', 10, null);
  state.exec(`CREATE TRIGGER no BEFORE DELETE ON refused_lines BEGIN SELECT raise(ABORT, 'no'); END`);
  await expect(removal.remove(rows.slice(0, 1), 'purged')).rejects.toThrow(/HG_STORE_DISK/);
  expect(await keys()).toHaveLength(2);
  state.exec('DROP TRIGGER no');
  expect(await removal.sweep()).toBe(1);
  expect(await keys()).toEqual([before]);
  expect(list.find({}, 'oldest', 10, null)).toHaveLength(3);
});

test('a file of a version before gains what this one knows besides', () => {
  state.close();
  rmSync(join(folder, 'core.db'));
  state = openState(folder);
  state.exec(`DROP INDEX refused_lines_by_time; DROP INDEX refused_lines_by_object; DROP TABLE refused_lines;
    CREATE TABLE refused_lines (key TEXT PRIMARY KEY, class TEXT NOT NULL, host TEXT NOT NULL, boot TEXT NOT NULL,
      sequence INTEGER NOT NULL, place INTEGER NOT NULL, why TEXT NOT NULL, time REAL NOT NULL, bytes INTEGER NOT NULL,
      object TEXT) WITHOUT ROWID;
    INSERT INTO refused_lines VALUES ('k', 'log', 'h', 'b', 1, 0, 'busy', 5, 3, 'dead-letters/lines/k-1')`);
  state.close();
  state = openState(folder);
  expect(new LetterList(state).find({}, 'newest', 10, null)).toMatchObject([
    { id: 'line-k', service: null, tries: 0, tried: null, code: 'busy' },
  ]);
});
