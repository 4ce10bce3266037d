import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
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

/** A log whose disk is the test's. */
function heldLog() {
  const asked: PromiseWithResolvers<void>[] = [];
  const sync = () => {
    asked.push(Promise.withResolvers());
    return asked.at(-1)!.promise;
  };
  return { asked, log: { sync, close: () => undefined } };
}

test('frames that are entered soon are there at once, and durable when the log is', async () => {
  const { asked, log } = heldLog();
  const ledger = new FrameLedger(directory, 'l.db', () => log);
  let marked = 0;
  const { outcomes, durable } = ledger.enterSoon([entry(1, 3), entry(1, 3)], 5, () => marked++);
  expect(outcomes).toMatchObject([{ written: 3 }, { repeated: 3 }]);
  expect(marked).toBe(1);
  expect(ledger.has(id(1))).toBe(true);
  let over = false;
  durable.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  asked[0]!.resolve();
  await durable;
  // What else is entered waits for the disk itself, as before.
  expect(ledger.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  ledger.close();
  const again = new FrameLedger(directory, 'l.db');
  expect(again.totals('metric')).toMatchObject({ written: { frames: 1, items: 3 }, repeated: { frames: 1, items: 3 } });
  again.close();
});

test('a log that the disk does not take is put into the database, and then it is durable all the same', async () => {
  const { asked, log } = heldLog();
  const ledger = new FrameLedger(directory, 'l.db', () => log);
  const { durable } = ledger.enterSoon([entry(1, 3)], 5);
  asked[0]!.reject(new Error('EIO'));
  await durable;
  // What a power cut would leave: the database without its log.
  const other = mkdtempSync(join(tmpdir(), 'heliograph-ledger-'));
  copyFileSync(join(directory, 'l.db'), join(other, 'l.db'));
  const left = new FrameLedger(other, 'l.db');
  expect(left.has(id(1))).toBe(true);
  left.close();
  rmSync(other, { recursive: true });
  ledger.close();
});

test('where the database does not take it either whoever waits is told', async () => {
  const { asked, log } = heldLog();
  const ledger = new FrameLedger(directory, 'l.db', () => log);
  const { durable } = ledger.enterSoon([entry(1, 3)], 5);
  ledger.close();
  asked[0]!.reject(new Error('EIO'));
  await expect(durable).rejects.toMatchObject({ code: 'HG_STORE_DISK' });
});

test('after a sync that failed a later one does not say that all is durable: what stands before it may not be on disk', async () => {
  const { asked, log } = heldLog();
  const ledger = new FrameLedger(directory, 'l.db', () => log);
  const first = ledger.enterSoon([entry(1, 3)], 5).durable;
  const second = ledger.enterSoon([entry(2, 3)], 5).durable;
  // Whoever reads keeps the log from going into the database.
  const reading = ledger.database.prepare('SELECT host FROM seen').iterate();
  reading.next();
  asked[0]!.reject(new Error('EIO'));
  await expect(first).rejects.toMatchObject({ code: 'HG_STORE_DISK' });
  asked[1]!.resolve();
  await expect(second).rejects.toMatchObject({ code: 'HG_STORE_DISK' });
  reading.return!();
  const again = ledger.enterSoon([entry(1, 3)], 6).durable;
  asked[2]!.resolve();
  await again;
  const other = mkdtempSync(join(tmpdir(), 'heliograph-ledger-'));
  copyFileSync(join(directory, 'l.db'), join(other, 'l.db'));
  const left = new FrameLedger(other, 'l.db');
  expect([left.has(id(1)), left.has(id(2))]).toEqual([true, true]);
  left.close();
  rmSync(other, { recursive: true });
  // All of it is in the database: the log is enough again, though nothing else can be written to the database now.
  const more = ledger.enterSoon([entry(3, 3)], 7).durable;
  const still = ledger.database.prepare('SELECT host FROM seen').iterate();
  still.next();
  asked[3]!.resolve();
  await more;
  still.return!();
  ledger.close();
});

test('what the disk refuses at once is not entered soon, and the next frames wait for their disk again', () => {
  const ledger = new FrameLedger(directory, 'l.db', () => heldLog().log);
  const refuse = () => {
    throw new Error('full');
  };
  expect(() => ledger.enterSoon([entry(2, 7)], 6, refuse)).toThrow('HG_STORE_DISK');
  expect(ledger.has(id(2))).toBe(false);
  expect(ledger.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  ledger.close();
});
