import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal } from '../../lib/journal/journal.ts';
import { until } from '../support/until.ts';
import { journalOptions, LOG_CHAIN, readAll, text, textOf } from './setup.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heliograph-journal-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('what was appended comes back in order, after a restart too', async () => {
  const options = journalOptions(directory);
  let journal = await Journal.open(options);
  const reader = journal.reader('log', 'main');
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => journal.appendDurably('log', { bytes: text(`r${i}`), items: 2, key: i })),
  );
  const records = await readAll(reader, 0);
  expect(records.map((record) => textOf(record.bytes))).toEqual(Array.from({ length: 100 }, (_, i) => `r${i}`));
  expect(records.map((record) => record.key)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  for (const record of records.slice(0, 40)) reader.acknowledge(record, record.key % 2 ? 'out' : 'repeated');
  reader.acknowledge(records[50]!, { dropped: 'undecodable' });
  reader.acknowledge(records[50]!, 'out');
  const totals = {
    in: { records: 100, items: 200 },
    out: { records: 20, items: 40 },
    repeated: { records: 20, items: 40 },
    queued: { records: 59, items: 118 },
    dropped: { undecodable: { records: 1, items: 2 } },
  };
  expect(journal.totals('log', 'main')).toEqual(totals);
  await journal.close();
  journal = await Journal.open(options);
  expect(journal.totals('log', 'main')).toEqual(totals);
  const again = await readAll(journal.reader('log', 'main'), 0);
  expect(again.map((record) => record.key)).toEqual([...Array(100).keys()].filter((key) => key >= 40 && key !== 50));
  await journal.appendDurably('log', { bytes: text('after'), items: 1, key: 100 });
  expect((await readAll(journal.reader('log', 'main'), 0)).at(-1)?.key).toBe(100);
  expect(journal.health.damage).toEqual({ torn: 0, checksum: 0, header: 0, cursor: 0 });
  await journal.close();
});

test('segments roll, and go when every reader is done and the cursor is durable', async () => {
  const journal = await Journal.open(journalOptions(directory, { segmentBytes: 4096 }));
  const reader = journal.reader('log', 'main');
  for (let i = 0; i < 50; i++) await journal.appendDurably('log', { bytes: new Uint8Array(500), items: 1, key: i });
  const full = journal.bytes();
  expect(full).toBeGreaterThan(25_000);
  for (const record of await readAll(reader, 0)) reader.acknowledge(record, 'out');
  await journal.flush();
  expect(journal.bytes()).toBeLessThan(5_000);
  expect(journal.start('log')).toBeGreaterThan(20_000);
  expect(reader.floor()).toBe(journal.end('log'));
  await journal.close();
});

test('a state blob is durable with the cursors', async () => {
  const options = journalOptions(directory);
  const journal = await Journal.open(options);
  journal.setState('boot', text('7'));
  journal.setState('boot', text('8'));
  journal.setState('gone', text('x'));
  await journal.flush();
  journal.setState('gone', null);
  await journal.close();
  const again = await Journal.open(options);
  expect(textOf(again.state('boot')!)).toBe('8');
  expect(again.state('gone')).toBeUndefined();
  await again.close();
});

test('memory mode writes nothing until it is asked to, and loses nothing over a close', async () => {
  const options = journalOptions(directory, { mode: 'memory', segmentBytes: 4096, memoryBytes: 1_000_000 });
  let journal = await Journal.open(options);
  const reader = journal.reader('log', 'main');
  for (let i = 0; i < 50; i++) await journal.appendDurably('log', { bytes: new Uint8Array(500), items: 1, key: i });
  const records = await readAll(reader, 0);
  expect(records.length).toBe(50);
  for (const record of records.slice(0, 45)) reader.acknowledge(record, 'out');
  await journal.close();
  journal = await Journal.open(options);
  expect((await readAll(journal.reader('log', 'main'), 0)).map((record) => record.key)).toEqual([45, 46, 47, 48, 49]);
  expect(journal.totals('log', 'main').out.records).toBe(45);
  await journal.close();
});

test('memory mode that may not write now gives up the oldest instead, of what may be given up, and says so', async () => {
  let may = false;
  const drops: { reason: string; records: number }[] = [];
  const options = journalOptions(directory, {
    mode: 'memory',
    segmentBytes: 4096,
    memoryBytes: 10_000,
    chains: [LOG_CHAIN, { name: 'error', rank: 1, policy: 'push-back', readers: ['main'] }],
    maySpill: () => may,
    onDrop: ({ reason, records }) => drops.push({ reason, records }),
  });
  const journal = await Journal.open(options);
  const append = (name: string, key: number) =>
    journal.appendDurably(name, { bytes: new Uint8Array(500), items: 1, key });
  for (let i = 0; i < 200; i++) await append('log', i);
  await until('drops', () => drops.length > 0);
  await until('below what memory may hold', () => journal.totals('log', 'main').queued.records <= 25);
  expect(readdirSync(join(directory, 'log'))).toEqual([]);
  const { queued, dropped } = journal.totals('log', 'main');
  expect(dropped.flash!.records + queued.records).toBe(200);
  expect(new Set(drops.map(({ reason }) => reason))).toEqual(new Set(['flash']));
  // What may not be given up is written all the same.
  for (let i = 0; i < 40; i++) await append('error', i);
  await until('it is written', () => readdirSync(join(directory, 'error')).length > 0);
  expect(journal.totals('error', 'main').queued.records).toBe(40);
  may = true;
  for (let i = 0; i < 40; i++) await append('log', 200 + i);
  await until('written again', () => readdirSync(join(directory, 'log')).length > 0);
  await journal.close();
});

test('memory mode that may not write pushes back rather than give up what is on disk already', async () => {
  let may = true;
  const drops: string[] = [];
  const options = journalOptions(directory, {
    mode: 'memory',
    segmentBytes: 4096,
    memoryBytes: 10_000,
    maySpill: () => may,
    onDrop: ({ reason }) => drops.push(reason),
  });
  const journal = await Journal.open(options);
  const append = (key: number) => journal.appendDurably('log', { bytes: new Uint8Array(500), items: 1, key });
  for (let i = 0; i < 60; i++) await append(i);
  await journal.flush();
  may = false;
  let taken = 60;
  await expect(async () => {
    for (; taken < 200; taken++) await append(taken);
  }).rejects.toMatchObject({ code: 'HG_JOURNAL_FULL' });
  expect(taken).toBeLessThan(100);
  expect(drops).toEqual([]);
  expect(journal.totals('log', 'main').queued.records).toBe(taken);
  // When the reader has done what is there, there is room again.
  const reader = journal.reader('log', 'main');
  for (const record of await readAll(reader, 0)) reader.acknowledge(record, 'out');
  await journal.flush();
  await append(taken);
  await journal.close();
});
