import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FrameId } from '../../../core/ports/frames.ts';
import { FrameLedger } from '../../../core/seen/frame-ledger.ts';

const id = (sequence: number, dataClass: FrameId['class'] = 'metric'): FrameId => ({
  host: 'h1',
  boot: '000000010123456789abcdef',
  class: dataClass,
  sequence,
});
const entry = (sequence: number, written: number, dropped: Record<string, number> = {}) => ({
  id: id(sequence),
  written,
  dropped,
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-ledger-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a frame counts once: in one call, in the next, and after it was opened again', () => {
  const ledger = new FrameLedger(directory, 'l.db');
  expect(ledger.enter([entry(1, 3, { nan: 1 }), entry(1, 3, { nan: 1 })], 5, null)).toEqual([
    { written: 3, repeated: 0, dropped: { nan: 1 } },
    { written: 0, repeated: 4, dropped: {} },
  ]);
  ledger.close();
  const again = new FrameLedger(directory, 'l.db');
  expect(again.enter([entry(1, 3, { nan: 1 })], 6, { topic: 't', next: 'p9' })).toMatchObject([{ repeated: 4 }]);
  expect(again.positions()).toEqual({ t: 'p9' });
  expect(again.totals('metric')).toEqual({
    written: { frames: 1, items: 3 },
    repeated: { frames: 2, items: 8 },
    dropped: { nan: 1 },
  });
  expect(again.sequences()).toMatchObject([{ host: 'h1', ranges: [[1, 1]], repeated: [[1, 1]] }]);
  again.close();
});

test('what the disk refuses is not entered, in memory either', () => {
  const ledger = new FrameLedger(directory, 'l.db');
  ledger.enter([entry(1, 3)], 5, null);
  // A position that is no text cannot be bound: the transaction fails in its last statement.
  const bad = { topic: 't', next: {} as unknown as string };
  expect(() => ledger.enter([entry(2, 7)], 6, bad)).toThrow();
  expect(ledger.has(id(2))).toBe(false);
  expect(ledger.totals('metric').written).toEqual({ frames: 1, items: 3 });
  expect(ledger.enter([entry(2, 7)], 7, null)).toEqual([{ written: 7, repeated: 0, dropped: {} }]);
  expect(Object.keys(ledger.classes())).toEqual(['metric']);
  ledger.close();
});

test('old boots are forgotten, and a second process is refused', () => {
  const ledger = new FrameLedger(directory, 'l.db');
  ledger.enter([entry(1, 3)], 1_000, null);
  expect(() => new FrameLedger(directory, 'l.db')).toThrow('HG_STORE_LOCKED');
  ledger.forget(2_000, 3_000);
  expect(ledger.has(id(1))).toBe(false);
  ledger.close();
});

test('lines that were dropped and are stored after all count as written, once however often it is said', () => {
  const ledger = new FrameLedger(directory, 'l.db');
  const line = (place: number) => ({ id: id(1, 'log'), place });
  ledger.enter([{ id: id(1, 'log'), written: 5, dropped: { refused_by_store: 2, bad_time: 1 } }], 5, null);
  expect(ledger.restore([line(3)], 'refused_by_store')).toEqual({ log: 1 });
  ledger.close();
  const again = new FrameLedger(directory, 'l.db');
  expect(again.restore([line(3), line(4)], 'refused_by_store')).toEqual({ log: 1 });
  expect(again.restore([line(3), line(4)], 'refused_by_store')).toEqual({});
  expect(again.totals('log')).toEqual({
    written: { frames: 1, items: 7 },
    repeated: { frames: 0, items: 0 },
    dropped: { bad_time: 1 },
  });
  again.close();
});
