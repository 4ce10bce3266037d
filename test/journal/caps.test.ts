import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChainOptions, DropRecord, JournalOptions } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { balanceOf } from './balance.ts';
import { journalOptions, readAll } from './setup.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heliograph-caps-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const CHAINS: ChainOptions[] = [
  { name: 'alert', rank: 0, policy: 'push-back', readers: ['main'] },
  { name: 'metric', rank: 1, policy: 'drop-oldest', readers: ['main'] },
  { name: 'debug', rank: 4, policy: 'drop-oldest', readers: ['main'] },
];

async function setUp(more: Partial<JournalOptions> = {}) {
  const told: DropRecord[] = [];
  const options = journalOptions(directory, {
    chains: CHAINS,
    segmentBytes: 4_000,
    maxBytes: 40_000,
    onDrop: (drop) => told.push(drop),
    ...more,
  });
  const journal = await Journal.open(options);
  let key = 0;
  /** Appends one record of 1,000 bytes and 3 items; what became of it as a word. */
  const put = (chain: string) =>
    journal.appendDurably(chain, { bytes: new Uint8Array(1000), items: 3, key: ++key }).then(
      () => 'in',
      (error) => error.code as string,
    );
  const keys = async (chain: string) => (await readAll(journal.reader(chain, 'main'), 0)).map((record) => record.key);
  return { journal, options, told, put, keys };
}

test('the least important chain gives up its oldest first, and the cap holds', async () => {
  const { journal, told, put, keys } = await setUp();
  for (let i = 0; i < 10; i++) expect(await put('debug')).toBe('in');
  for (let i = 0; i < 10; i++) expect(await put('metric')).toBe('in');
  for (let i = 0; i < 40; i++) {
    expect(await put('alert')).toBe(i < 37 ? 'in' : 'HG_JOURNAL_FULL');
    expect(journal.bytes()).toBeLessThanOrEqual(40_000);
  }
  expect(await keys('debug')).toEqual([]);
  expect((await keys('alert')).length).toBe(37);
  expect(told.map((drop) => drop.chain)).toEqual([...told.map((drop) => drop.chain)].sort());
  for (const chain of ['debug', 'metric']) {
    const drops = told.filter((drop) => drop.chain === chain);
    expect(drops.reduce((sum, drop) => sum + drop.records, 0)).toBe(10);
    expect(drops[0]!.firstKey).toBe(chain === 'debug' ? 1 : 11);
    expect(drops.at(-1)!.lastKey).toBe(chain === 'debug' ? 10 : 20);
    const totals = journal.totals(chain, 'main');
    expect(totals.dropped).toEqual({ cap: { records: 10, items: 30 } });
    expect(balanceOf(totals)).toEqual([]);
  }
  await journal.close();
});

test('a less important record never pushes a more important one out', async () => {
  const { journal, put, keys } = await setUp();
  while (journal.room() > 1_200) await put('metric');
  const metric = await keys('metric');
  expect(await put('debug')).toBe('HG_JOURNAL_FULL');
  expect(await keys('metric')).toEqual(metric);
  expect(journal.health.pushedBack).toBe(1);
  await journal.close();
});

test('dropping the oldest keeps the newest, also when a thousand come at once', async () => {
  const { journal, keys, put } = await setUp();
  const all = await Promise.all(Array.from({ length: 1000 }, () => put('debug')));
  expect(new Set(all)).toEqual(new Set(['in']));
  const kept = await keys('debug');
  expect(kept.at(-1)).toBe(1000);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 1000 - kept.length + 1 + i));
  expect(journal.bytes()).toBeLessThanOrEqual(40_000);
  expect(balanceOf(journal.totals('debug', 'main'))).toEqual([]);
  await journal.close();
});

test('a flood that is pushed back does not hold up more important records', async () => {
  const chains = CHAINS.map((chain) =>
    chain.name === 'debug' ? { ...chain, policy: 'push-back' as const, maxBytes: 8_000 } : chain,
  );
  const { journal, put } = await setUp({ chains });
  while ((await put('debug')) === 'in');
  const order: string[] = [];
  const note = (name: string) => (outcome: string) => order.push(`${name} ${outcome}`);
  const flood = Array.from({ length: 500 }, () => put('debug').then(note('debug')));
  const alert = put('alert').then(note('alert'));
  await Promise.all([...flood, alert]);
  expect(order.filter((each) => each === 'debug HG_JOURNAL_FULL').length).toBe(500);
  expect(order).toContain('alert in');
  expect(journal.health.pushedBack).toBe(501);
  await journal.close();
});

test('drop records stay until they are forgotten, over restarts; what was acknowledged is not in them', async () => {
  const { journal, options, put } = await setUp();
  for (let i = 0; i < 20; i++) await put('debug');
  const reader = journal.reader('debug', 'main');
  for (const record of await readAll(reader, 0))
    if (record.key === 1 || record.key === 3) reader.acknowledge(record, 'out');
  for (let i = 0; i < 30; i++) await put('debug');
  const drops = [...journal.drops()];
  expect(drops.length).toBeGreaterThan(1);
  expect(drops[0]).toMatchObject({ chain: 'debug', reason: 'cap', firstKey: 2, records: 1, items: 3 });
  await journal.close();
  const again = await Journal.open(options);
  expect(again.drops()).toEqual(drops);
  again.forgetDrop(again.drops()[0]!);
  await again.close();
  const third = await Journal.open(options);
  expect(third.drops()).toEqual(drops.slice(1));
  expect(balanceOf(third.totals('debug', 'main'))).toEqual([]);
  await third.close();
});

test('room that readers made is used before anything is dropped', async () => {
  const { journal, put } = await setUp();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 30; i++) expect(await put('alert')).toBe('in');
    const reader = journal.reader('alert', 'main');
    for (const record of await readAll(reader, 0)) reader.acknowledge(record, 'out');
  }
  expect(journal.totals('alert', 'main').out.records).toBe(150);
  await journal.close();
});

test('records that are too old go by whole segments, and are told', async () => {
  let now = 1_000_000;
  const chains = [{ name: 'debug', rank: 4, policy: 'drop-oldest' as const, readers: ['main'], maxAgeMs: 10_000 }];
  const { journal, told, put, keys } = await setUp({ chains, now: () => now });
  for (let i = 0; i < 10; i++) await put('debug');
  now += 8_000;
  for (let i = 0; i < 10; i++) await put('debug');
  now += 4_000;
  await journal.sweep();
  const kept = await keys('debug');
  expect(kept.at(-1)).toBe(20);
  expect(kept.length).toBeLessThan(15);
  expect(kept.length).toBeGreaterThanOrEqual(10);
  expect(told[0]).toMatchObject({ reason: 'age', firstKey: 1, firstTime: 1_000_000, lastTime: 1_000_000 });
  now += 60_000;
  await journal.sweep();
  expect(await keys('debug')).toEqual([]);
  expect(journal.totals('debug', 'main').dropped).toEqual({ age: { records: 20, items: 60 } });
  await put('debug');
  expect(await keys('debug')).toEqual([21]);
  await journal.close();
});

test('done segments stay while somebody holds them', async () => {
  const { journal, put } = await setUp();
  journal.hold('alert', 0);
  for (let i = 0; i < 20; i++) await put('alert');
  const reader = journal.reader('alert', 'main');
  for (const record of await readAll(reader, 0)) reader.acknowledge(record, 'out');
  await journal.flush();
  expect(journal.start('alert')).toBe(0);
  expect((await reader.read(0, 1e6, true)).records.length).toBeGreaterThan(2);
  journal.hold('alert', null);
  await journal.flush();
  expect(journal.start('alert')).toBeGreaterThan(10_000);
  await journal.close();
});
