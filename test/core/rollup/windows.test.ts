import { beforeEach, expect, test } from 'vitest';
import { type Batch, Batches, release } from '../../../core/rollup/batches.ts';
import { groupKey, readSketchRecord, type SketchRecord, sketchRecords } from '../../../core/rollup/record.ts';
import { type SketchFate, Windows, type WindowsOptions } from '../../../core/rollup/windows.ts';
import { windowOf } from '../../support/core/sketches.ts';

const OPTIONS: WindowsOptions = { grace: 10, late: 100, maxWindows: 10, maxBytes: 1e6, revises: true };
const END = 1_000_000;
let batches: Batches;
beforeEach(() => {
  batches = new Batches();
  batches.begin('b1');
});

function taker(changes: Partial<WindowsOptions> = {}) {
  const windows = new Windows({ ...OPTIONS, ...changes });
  const take = (relay: string, values: number, came: number, more: object = {}): SketchFate => {
    const { value } = sketchRecords(relay, came, windowOf(1, values, END, more), '')[0]!;
    const record: SketchRecord = readSketchRecord(value);
    return windows.take(groupKey(record.window, record.group, relay), record, value, 0, batches);
  };
  const only = () => [...windows.all()][0]!;
  return { windows, take, only };
}

test('of two sketches of one relay that with more values stays, whichever comes first', () => {
  for (const [first, second] of [
    [5, 9],
    [9, 5],
  ] as const) {
    const { take, only } = taker();
    expect(take('r1', first, END)).toBe('taken');
    expect(take('r1', second, END)).toBe(second > first ? 'taken' : 'repeated');
    expect(only().relays.get('r1')!.count).toBe(9);
  }
});

test('a window waits for its lateness and the grace; one that begins later for the grace', () => {
  const f = (came: number, lateness: number, due: number) => {
    const { take, only } = taker();
    take('r1', 1, came, { lateness });
    expect(only().due).toBe(due);
  };
  f(END, 5, END + 15);
  f(END + 15, 5, END + 15);
  f(END + 16, 5, END + 26);
  // Nobody can make it wait for ever.
  f(END, 1e9, END + 3_600_010);
});

test('what cannot be written over is written once', () => {
  const { windows, take, only } = taker({ revises: false });
  take('r1', 3, END);
  expect(take('r2', 3, END + 10)).toBe('taken');
  expect(take('r3', 3, END + 11)).toBe('late');
  only().written = only().version;
  windows.empty(only());
  // What is left of each is that it was there.
  expect(windows.bytes).toBe(400);
  expect(take('r3', 3, END)).toBe('late');
  expect(take('r1', 3, END)).toBe('repeated');
});

test('bytes are bounded as windows are, and a window far ahead of the clock is none', () => {
  const { windows, take } = taker({ maxBytes: 500 });
  expect(take('r1', 3, END)).toBe('taken');
  const { bytes } = windows;
  expect(take('r2', 1_000, END)).toBe('no_room');
  expect(windows.bytes).toBe(bytes);
  expect(take('r3', 1, END - 3_600_001)).toBe('future');
});

test('what collectors send takes half of all room, and what is forgotten gives it back', () => {
  for (const room of [{ maxWindows: 4 }, { maxBytes: 1_200 }]) {
    const { windows, take } = taker(room);
    const fates = (rule: string) => {
      return [1, 2, 3, 4].map((i) => take('r', 1, END, { rule, groups: windowOf(i, 1, END).groups.slice(-1) }));
    };
    expect(fates('@fleet')).toEqual(['taken', 'taken', 'no_room', 'no_room']);
    expect(fates('took').slice(0, 2)).toEqual(['taken', 'taken']);
    for (const window of windows.all()) windows.forget(window);
    expect(windows.bytes).toBe(0);
    expect(fates('@fleet')).toEqual(['taken', 'taken', 'no_room', 'no_room']);
  }
});

test('the bus may forget what is before the first batch that a window needs', () => {
  const [a, b] = [{ batches: new Set<Batch>() }, { batches: new Set<Batch>() }];
  batches.hold(a);
  batches.end();
  expect(batches.done()).toBeNull();
  // Not taken to its end: it comes again.
  batches.begin('b2');
  batches.fail();
  release(a);
  expect(batches.done()).toBe('b1');
  batches.begin('b2');
  batches.hold(a);
  batches.hold(b);
  batches.end();
  batches.begin('b3');
  batches.end();
  expect(batches.done()).toBe('b1');
  batches.committed('b1');
  release(b);
  expect(batches.done()).toBeNull();
  release(a);
  expect(batches.done()).toBe('b3');
});
