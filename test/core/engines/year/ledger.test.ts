import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lapseYear, YearLedger } from '../../../../core/engines/victoriametrics/year/ledger.ts';
import { Revisions } from '../../../../core/engines/victoriametrics/year/revision.ts';
import { FrameLedger } from '../../../../core/seen/frame-ledger.ts';

const W = 300_000;
const revisions = new Revisions(W, 86_400_000);
let folder: string;
let frames: FrameLedger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-year-ledger-'));
  frames = new FrameLedger(folder, 'test.db');
});
afterEach(() => {
  frames.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = (windowMs = W, first = 0) =>
  new YearLedger({ database: frames.database, path: frames.path, windowMs }, first);
const entry = (sequence: number) => ({
  id: { host: 'h', boot: '00000001aabbccddeeff0011', class: 'metric' as const, sequence },
  written: 1,
  dropped: {},
});
function enter(ledger: YearLedger, sequence: number, times: number[], now = 0, instance = 'h'): void {
  const late = ledger.lateOf(times.map((time) => [time, instance]));
  frames.enter([entry(sequence)], now, null, () => ledger.mark(late, now));
  ledger.marked(late);
}
/** As after a kill: everything that was in memory is gone. */
function reopen(): YearLedger {
  frames.close();
  frames = new FrameLedger(folder, 'test.db');
  return open();
}

test('windows are late from the moment they are read, and not before', () => {
  const ledger = open();
  enter(ledger, 1, [0, W, 5 * W]);
  expect(ledger.late).toBe(0);
  ledger.begin(2 * W);
  enter(ledger, 2, [W - 1, W, 2 * W]);
  expect(ledger.late).toBe(2);
  // Not computed yet: they are when the span is done.
  expect(ledger.take(0, 10)).toEqual([]);
  ledger.done(2 * W, []);
  expect(ledger.take(0, 10)).toEqual([{ start: 0, instance: 'h', marks: 1 }, { start: W, instance: 'h', marks: 1 }]); // biome-ignore format: two rows
});

test('what comes while a late window is computed marks it again', () => {
  const ledger = open();
  ledger.done(10 * W, []);
  enter(ledger, 1, [W]);
  enter(ledger, 2, [W + 1]);
  const taken = ledger.take(0, 10);
  expect(taken).toEqual([{ start: W, instance: 'h', marks: 1 }]);
  enter(ledger, 3, [W + 2]);
  ledger.done(0, taken);
  expect(ledger.late).toBe(1);
  const again = ledger.take(0, 10);
  expect(again).toEqual([{ start: W, instance: 'h', marks: 2 }]);
  ledger.done(0, again);
  expect(ledger.late).toBe(0);
  expect(ledger.watermark).toBe(10 * W);
});

test('each host by itself, and very many as all of them', () => {
  const ledger = open();
  ledger.done(10 * W, []);
  enter(ledger, 1, [W], 0, 'a');
  enter(ledger, 2, [W], 0, 'b');
  expect(ledger.late).toBe(1);
  expect(ledger.lateOf([[W, 'a'], [W, 'c']])).toEqual([{ start: W, instance: 'c' }]); // biome-ignore format: two samples
  const taken = ledger.take(0, 10);
  expect(taken.map(({ instance }) => instance)).toEqual(['a', 'b']);
  ledger.done(0, taken.slice(0, 1));
  expect(ledger.take(0, 10)).toEqual(taken.slice(1));
  const many = ledger.lateOf(Array.from({ length: 501 }, (_, i) => [2 * W, `host-${i}`] as const));
  expect(many).toEqual([{ start: 2 * W, instance: '' }]);
  ledger.mark(many, 0);
  ledger.marked(many);
  expect(ledger.lateOf([[2 * W, 'another']])).toEqual([]);
});

test('late windows gather: they are taken when they were marked long enough ago', () => {
  const ledger = open();
  ledger.done(10 * W, []);
  enter(ledger, 1, [W], 1_000);
  enter(ledger, 2, [2 * W], 2_000);
  expect(ledger.take(999, 10)).toEqual([]);
  expect(ledger.take(1_500, 10).map(({ start }) => start)).toEqual([W]);
  expect(ledger.take(2_000, 1).map(({ start }) => start)).toEqual([W]);
});

test('a kill loses no mark and no revision; a transaction that failed marks nothing', () => {
  let ledger = open();
  ledger.done(10 * W, []);
  enter(ledger, 1, [W]);
  const first = ledger.revise([W], revisions, 0).get(W)!;
  ledger = reopen();
  expect(ledger.watermark).toBe(10 * W);
  expect(ledger.take(0, 10)).toEqual([{ start: W, instance: 'h', marks: 1 }]);
  expect(ledger.revise([W], revisions, 0).get(W)).toBe(first + 1);
  const late = ledger.lateOf([[5 * W, 'h']]);
  expect(() =>
    frames.enter([entry(2)], 0, null, () => {
      ledger.mark(late, 0);
      throw new Error('disk full');
    }),
  ).toThrow('disk full');
  expect(frames.has(entry(2).id)).toBe(false);
  enter(ledger, 2, [5 * W]);
  expect(ledger.late).toBe(2);
});

test('windows that are too old are forgotten, and told', () => {
  const ledger = open();
  ledger.done(10 * W, []);
  enter(ledger, 1, [0, W, 2 * W]);
  expect(ledger.forget(2 * W)).toBe(2);
  expect(ledger.late).toBe(1);
  // Samples of that time are refused by the store; should one come all the same, it is marked.
  enter(ledger, 2, [W]);
  expect(ledger.late).toBe(2);
});

test('another length of windows begins anew; so does a time without windows, but for the revisions', () => {
  open().done(10 * W, []);
  open().revise([W], revisions, 0);
  expect(open(60_000, 120_000).watermark).toBe(120_000);
  const back = open(W, 3 * W);
  expect(back.watermark).toBe(3 * W);
  expect(back.revise([W], revisions, 0).get(W)).toBe(0);
  lapseYear(frames.database);
  expect(open(W, 4 * W).watermark).toBe(4 * W);
  expect(open().revise([W], revisions, 0).get(W)).toBe(1);
});
