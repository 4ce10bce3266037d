import { mkdtemp, open, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Damage } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../../lib/journal/record.ts';
import { balanceOf } from './balance.ts';
import { journalOptions, LOG_CHAIN, readAll } from './setup.ts';

const SIZE = 100;
const STEP = SIZE + RECORD_HEADER_BYTES;
let directory = '';
let found: Damage[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heliograph-damage-'));
  found = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function options() {
  return journalOptions(directory, {
    segmentBytes: SEGMENT_HEADER_BYTES + 10 * STEP,
    chains: [{ ...LOG_CHAIN, readers: ['main', 'other'] }],
    onDamage: (damage) => found.push(damage),
  });
}

/** 30 records with keys 0 to 29 and 2 items each, in three segments; `acknowledge` tells which `main` had done. */
async function fill(acknowledge: (key: number) => boolean = () => false): Promise<void> {
  const journal = await Journal.open(options());
  for (let key = 0; key < 30; key++)
    await journal.appendDurably('log', { bytes: new Uint8Array(SIZE).fill(key), items: 2, key });
  const reader = journal.reader('log', 'main');
  for (const record of await readAll(reader, 0)) if (acknowledge(record.key)) reader.acknowledge(record, 'out');
  await journal.close();
}

async function segments(): Promise<string[]> {
  return (await readdir(join(directory, 'log'))).sort().map((name) => join(directory, 'log', name));
}

async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

/** Opens and reads it all as `reader`; keys that came, and the account. */
async function look(reader = 'main') {
  const journal = await Journal.open(options());
  const keys = (await readAll(journal.reader('log', reader), 0)).map((record) => record.key);
  const totals = journal.totals('log', reader);
  expect(balanceOf(totals)).toEqual([]);
  expect(totals.queued.records).toBe(keys.length);
  await journal.close();
  return { keys, totals, health: journal.health };
}
const all = [...Array(30).keys()];
const corrupt = (records: number) => ({ corrupt: { records, items: records * 2 } });

test('a flipped byte costs its record and no other; every reader counts it', async () => {
  await fill();
  await overwrite((await segments())[1]!, SEGMENT_HEADER_BYTES + 3 * STEP + 60, new Uint8Array([0xff]));
  for (const reader of ['main', 'other']) {
    const { keys, totals } = await look(reader);
    expect(keys).toEqual(all.filter((key) => key !== 13));
    expect(totals.dropped).toEqual(corrupt(1));
  }
  expect(found[0]).toMatchObject({ chain: 'log', at: SEGMENT_HEADER_BYTES + 3 * STEP, bytes: STEP, what: 'checksum' });
});

test('a damaged length does not lead the reader astray', async () => {
  await fill();
  await overwrite(
    (await segments())[0]!,
    SEGMENT_HEADER_BYTES + 4 * STEP + 8,
    new Uint8Array([0xff, 0xff, 0xff, 0xff]),
  );
  const { keys, totals } = await look();
  expect(keys).toEqual(all.filter((key) => key !== 4));
  expect(totals.dropped).toEqual(corrupt(1));
});

test('what was acknowledged before it was damaged is not counted as dropped', async () => {
  await fill((key) => key === 12 || key === 13 || key < 3);
  await overwrite((await segments())[1]!, SEGMENT_HEADER_BYTES + 3 * STEP - 10, new Uint8Array(STEP));
  const { keys, totals } = await look();
  // 12 and 13 were hit by the damage, and both were out already.
  expect(keys).toEqual(all.filter((key) => key >= 3 && key !== 12 && key !== 13));
  expect(totals.dropped).toEqual({});
  expect(totals.out.records).toBe(5);
  expect((await look('other')).totals.dropped).toEqual(corrupt(2));
});

test('a segment that is cut, emptied, has no header or is gone costs what was in it', async () => {
  await fill();
  const [first, second, third] = await segments();
  await overwrite(first!, 0, new Uint8Array(SEGMENT_HEADER_BYTES));
  const cut = await open(second!, 'r+');
  await cut.truncate(SEGMENT_HEADER_BYTES + 4 * STEP + 7);
  await cut.close();
  let { keys, totals } = await look();
  expect(keys).toEqual(all.filter((key) => key < 14 || key >= 20));
  expect(totals.dropped).toEqual(corrupt(6));
  await writeFile(first!, '');
  await unlink(second!);
  ({ keys, totals } = await look());
  expect(keys).toEqual(all.filter((key) => key >= 20));
  expect(totals.dropped).toEqual(corrupt(20));
  await unlink(third!);
  ({ keys, totals } = await look());
  expect(keys).toEqual([]);
  expect(totals.dropped).toEqual(corrupt(30));
});

test('a payload that looks like records is no record', async () => {
  await fill();
  const [first, second] = await segments();
  const journal = await Journal.open(options());
  const handle = await open(first!, 'r');
  const copy = Buffer.alloc(SEGMENT_HEADER_BYTES + 10 * STEP);
  await handle.read(copy, 0, copy.length, 0);
  await handle.close();
  await journal.appendDurably('log', { bytes: copy, items: 2, key: 30 });
  await journal.appendDurably('log', { bytes: new Uint8Array(5), items: 2, key: 31 });
  await journal.close();
  const path = (await segments()).at(-2)!;
  expect(path).not.toBe(second);
  await overwrite(path, SEGMENT_HEADER_BYTES + 4, new Uint8Array([1, 2, 3, 4]));
  const { keys } = await look();
  expect(keys.filter((key) => key > 28)).toEqual([29, 31]);
});

test('damaged cursors deliver again, lose nothing, and do not stop the start', async () => {
  await fill((key) => key < 15);
  for (const name of ['cursors-0.log', 'cursors-1.log'])
    await writeFile(join(directory, name), new Uint8Array(1000).fill(7));
  const { keys, totals, health } = await look();
  expect(keys).toEqual(all);
  expect(totals.dropped).toEqual({});
  expect(health.damage.cursor).toBe(2);
});

test('with the cursors the account of what was done and removed is lost, and says so', async () => {
  await fill((key) => key < 15);
  const journal = await Journal.open(options());
  const other = journal.reader('log', 'other');
  for (const record of await readAll(other, 0)) if (record.key < 12) other.acknowledge(record, 'out');
  await journal.close();
  expect((await segments()).length).toBe(2);
  await unlink(join(directory, 'cursors-0.log'));
  await unlink(join(directory, 'cursors-1.log'));
  const { keys, totals } = await look();
  expect(keys).toEqual(all.filter((key) => key >= 10));
  expect(totals.dropped).toEqual({ cursor_lost: { records: 10, items: 20 } });
});

test('garbage after the last record, and files that are not ours, are left alone', async () => {
  await fill();
  const path = (await segments()).at(-1)!;
  await overwrite(path, SEGMENT_HEADER_BYTES + 10 * STEP, new Uint8Array(50).fill(9));
  await writeFile(join(directory, 'log', 'notes.txt'), 'hello');
  const { keys, totals } = await look();
  expect(keys).toEqual(all);
  expect(totals.dropped).toEqual({});
  expect(found).toEqual([expect.objectContaining({ what: 'torn', bytes: 50 })]);
});
