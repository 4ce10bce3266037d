import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from '../../lib/journal/journal.ts';
import { journalOptions, readAll } from './setup.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heliograph-lanes-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a live lane and a backfill lane share a reader: each record once, and the floor follows the slower', async () => {
  const options = journalOptions(directory, { segmentBytes: 2_000 });
  let journal = await Journal.open(options);
  let reader = journal.reader('log', 'main');
  const put = (key: number) => journal.appendDurably('log', { bytes: new Uint8Array(200), items: 1, key });
  for (let key = 0; key < 40; key++) await put(key);
  const liveFrom = journal.end('log');
  for (let key = 40; key < 50; key++) await put(key);
  const got: number[] = [];
  // The live lane takes what is new, out of order as acknowledgements come.
  const live = await readAll(reader, liveFrom, 1_000);
  for (const record of live.toReversed()) {
    got.push(record.key);
    reader.acknowledge(record, 'out');
  }
  expect(reader.floor()).toBe(0);
  expect(reader.acknowledged()).toEqual([[liveFrom, journal.end('log')]]);
  // The backfill lane fills in from the floor and stops by itself where the live lane was.
  const { records } = await reader.read(reader.floor(), 5_000);
  expect(records.length).toBeGreaterThan(1);
  for (const record of records) {
    got.push(record.key);
    reader.acknowledge(record, 'out');
  }
  await journal.close();
  journal = await Journal.open(options);
  reader = journal.reader('log', 'main');
  expect(reader.acknowledged()).toEqual([[liveFrom, journal.end('log')]]);
  for (const record of await readAll(reader, 0)) {
    got.push(record.key);
    reader.acknowledge(record, 'out');
  }
  expect(got.toSorted((a, b) => a - b)).toEqual([...Array(50).keys()]);
  expect(reader.floor()).toBe(journal.end('log'));
  expect(reader.acknowledged()).toEqual([]);
  expect(journal.totals('log', 'main').out.records).toBe(50);
  await journal.close();
});

test('a slow reader keeps what a fast one has done', async () => {
  const chains = [{ name: 'log', rank: 3, policy: 'push-back' as const, readers: ['fast', 'slow'] }];
  const journal = await Journal.open(journalOptions(directory, { segmentBytes: 2_000, chains }));
  for (let key = 0; key < 40; key++) await journal.appendDurably('log', { bytes: new Uint8Array(200), items: 1, key });
  const fast = journal.reader('log', 'fast');
  for (const record of await readAll(fast, 0)) fast.acknowledge(record, 'out');
  await journal.flush();
  expect((await readAll(journal.reader('log', 'slow'), 0)).length).toBe(40);
  expect(journal.totals('log', 'fast').queued.records).toBe(0);
  expect(journal.totals('log', 'slow').queued.records).toBe(40);
  await journal.close();
});

test('a reader is told of new records, and only of durable ones', async () => {
  const journal = await Journal.open(journalOptions(directory));
  const reader = journal.reader('log', 'main');
  const told = vi.fn();
  const cancel = reader.onAppend(told);
  const appended = journal.appendDurably('log', { bytes: new Uint8Array(10), items: 1, key: 1 });
  expect((await reader.read(0, 1000)).records).toEqual([]);
  await appended;
  expect(told).toHaveBeenCalledTimes(1);
  expect((await reader.read(0, 1000)).records.length).toBe(1);
  cancel();
  await journal.appendDurably('log', { bytes: new Uint8Array(10), items: 1, key: 2 });
  expect(told).toHaveBeenCalledTimes(1);
  await journal.close();
});

test('what cannot be is refused with its code', async () => {
  const journal = await Journal.open(journalOptions(directory, { maxBytes: 1_000 }));
  const record = { bytes: new Uint8Array(10), items: 1, key: 1 };
  expect(() => journal.append('none', record, null)).toThrow(expect.objectContaining({ code: 'HG_JOURNAL_CHAIN' }));
  expect(() => journal.reader('log', 'none')).toThrow(expect.objectContaining({ code: 'HG_JOURNAL_CHAIN' }));
  const large = journal.appendDurably('log', { ...record, bytes: new Uint8Array(1_000) });
  await expect(large).rejects.toMatchObject({ code: 'HG_JOURNAL_RECORD' });
  await journal.close();
  await expect(journal.appendDurably('log', record)).rejects.toMatchObject({ code: 'HG_JOURNAL_CLOSED' });
});
