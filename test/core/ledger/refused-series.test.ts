import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FrameRows, RefusedSamples } from '../../../core/engines/victoriametrics/job.ts';
import { RefusedSeries } from '../../../core/ledger/refused-series.ts';
import { LetterBudget } from '../../../core/letters/budget.ts';
import { LetterList } from '../../../core/letters/list.ts';
import { LetterRemoval } from '../../../core/letters/removal.ts';
import { FolderObjects } from '../../../core/objects/folder.ts';
import type { Objects } from '../../../core/ports/objects.ts';
import { openState } from '../../../core/state.ts';
import { metricFrame, pageOf, rowsOf } from '../../contracts/metric-frames.ts';

let directory: string;
let state: DatabaseSync;
let objects: FolderObjects;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-'));
  state = openState(directory);
  objects = new FolderObjects(join(directory, 'objects'));
});
afterEach(() => {
  state.close();
  rmSync(directory, { recursive: true });
});

/** Two series of a frame, of one sample each. */
function letter(host: string, sequence: number, why: string) {
  const page = pageOf([
    ['temperature', { room: 'a' }],
    ['temperature', { room: 'b' }],
  ]);
  const frame = metricFrame(host, sequence, [rowsOf(page, [1_000], [[1, 2]])]);
  const refused = new RefusedSamples();
  const rows = { page, times: frame.rows[0]!.times, mask: null } as FrameRows;
  for (const column of [0, 1]) refused.refuse(rows, column, why);
  return [frame, refused] as const;
}

const open = (maxBytes: number) => {
  const budget = new LetterBudget(state, maxBytes);
  const leftOut: number[] = [];
  const series = new RefusedSeries(
    objects,
    state,
    () => 5_000,
    budget,
    ({ sequence }) => leftOut.push(sequence),
  );
  return { budget, series, leftOut };
};

test('beyond their share, frames of a host with the same reason are one row with sums; a purge makes room again', async () => {
  const measure = open(1e6);
  await measure.series.put(...letter('web-1', 1, '400 odd'));
  const bytes = measure.budget.ofSeries;
  expect(bytes).toBeGreaterThan(0);
  // A quarter of it holds this one and no other.
  const { budget, series, leftOut } = open(bytes * 4 + 4);
  expect(budget.ofSeries).toBe(bytes);
  for (const sequence of [2, 3, 3, 4]) await series.put(...letter('web-1', sequence, '400 odd'));
  await series.put(...letter('web-1', 5, '413 large'));
  await series.put(...letter('web-2', 6, '400 odd'));
  expect(leftOut).toEqual([2, 3, 4, 5, 6]);
  const list = new LetterList(state);
  const rows = list.find({}, 'oldest', 100, null);
  expect(rows.map(({ host, message, series: n, items, object }) => [host, message, n, items, object !== null])).toEqual(
    expect.arrayContaining([
      ['web-1', '400 odd', 2, 2, true],
      ['web-1', '400 odd (3 frames, without their samples)', 6, 6, false],
      ['web-1', '413 large', 2, 2, false],
      ['web-2', '400 odd', 2, 2, false],
    ]),
  );
  expect(rows).toHaveLength(4);

  await new LetterRemoval({ objects, state, list, budget, now: () => 6_000 }).remove(rows, 'purged');
  expect([budget.ofSeries, budget.used]).toEqual([0, 0]);
  await series.put(...letter('web-1', 7, '400 odd'));
  expect(list.find({}, 'oldest', 100, null)).toMatchObject([{ sequence: 7, bytes }]);
});

test('a letter whose object could not be deleted when it was purged is not taken up again, and the sweep deletes it', async () => {
  const { budget, series } = open(1e6);
  await series.put(...letter('web-1', 1, '400 odd'));
  await series.put(...letter('web-2', 1, '400 odd'));
  const list = new LetterList(state);
  const gone = list.find({ hosts: ['web-1'] }, 'oldest', 1, null);
  let failures = 1;
  const failing: Objects = {
    put: (key, bytes) => objects.put(key, bytes),
    get: (key) => objects.get(key),
    list: (prefix) => objects.list(prefix),
    delete: async (key) => {
      if (failures-- > 0) throw new Error('the test says so');
      await objects.delete(key);
    },
    close: () => objects.close(),
  };
  const removal = new LetterRemoval({ objects: failing, state, list, budget, now: () => 6_000 });
  await expect(removal.remove(gone, 'purged')).rejects.toThrow('the test says so');
  expect(await objects.get(gone[0]!.object!)).not.toBeNull();
  // As an earlier version left it: an object without a row.
  state.exec("DELETE FROM refused_series WHERE host = 'web-2'");

  expect(await open(1e6).series.adopt()).toBe(1);
  expect(list.find({}, 'oldest', 9, null).map(({ host }) => host)).toEqual(['web-2']);
  expect(await removal.sweep()).toBe(1);
  expect(await objects.get(gone[0]!.object!)).toBeNull();
});
