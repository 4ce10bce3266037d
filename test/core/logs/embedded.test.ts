import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import { openEmbeddedLogStore } from '../../../core/logs/open.ts';
import type { EmbeddedLogStore } from '../../../core/logs/store.ts';
import { silentLog } from '../../../lib/log.ts';
import { Registry } from '../../../lib/metrics.ts';
import { allPages, exportLines, logFrame, logLine, logQuery } from '../../contracts/log-frames.ts';
import { logStoreContract } from '../../contracts/log-store.ts';

const NOW = Date.parse('2026-03-01T12:34:00Z');
const HOUR = 3_600_000;
const directories: string[] = [];
const stores: EmbeddedLogStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-logs-'));
  directories.push(directory);
  return directory;
}

interface Changes {
  clock?: { now: number };
  maxBytes?: number;
  commitMs?: number;
  searchTimeoutMs?: number;
}

async function open(directory: string, { clock = { now: NOW }, maxBytes = 1e9, ...rest }: Changes = {}) {
  const store = await openEmbeddedLogStore({
    directory,
    retention: { days: 15, maxBytes },
    clock: { now: () => clock.now, mono: () => performance.now() },
    log: silentLog,
    registry: new Registry(),
    commitMs: 1,
    ...rest,
  });
  stores.push(store);
  return store;
}

logStoreContract('embedded log store', async () => {
  const directory = folder();
  const store = await open(directory);
  return {
    store,
    now: NOW,
    visible: async () => undefined,
    reopen: async () => {
      await store.close();
      return open(directory);
    },
  };
});

const at = { topic: 'logs.log', next: '1' };

test('hours go by age, then the oldest by bytes, but never the newest', async () => {
  const directory = folder();
  const clock = { now: NOW };
  const store = await open(directory, { clock });
  const lines = [0, 1, 2, 30].map((hours) => logLine(NOW - hours * HOUR, `${hours} hours old`));
  await store.append([logFrame('h1', 1, lines)], at);
  clock.now = NOW + 14 * 24 * HOUR;
  await store.retain(clock.now);
  const left = async (from: EmbeddedLogStore) =>
    (await from.search(logQuery({ order: 'oldest' }))).lines.map((line) => line.message);
  expect(await left(store)).toEqual(['2 hours old', '1 hours old', '0 hours old']);
  await store.close();
  const small = await open(directory, { maxBytes: 1 });
  await small.retain(NOW);
  expect(await left(small)).toEqual(['0 hours old']);
  expect(readdirSync(directory).filter((name) => name.startsWith('lines-') && name.endsWith('.db'))).toHaveLength(1);
  // A late line makes its hour anew, and it is found in spite of the handle that stood on the deleted one.
  await small.append([logFrame('h1', 2, [logLine(NOW - HOUR, 'late')])], at);
  expect(await left(small)).toEqual(['late', '0 hours old']);
});

test('small blocks are merged while searches and pages go on', async () => {
  const directory = folder();
  const store = await open(directory);
  for (let i = 1; i <= 80; i++) {
    const lines = [logLine(NOW - i * 10, `tick ${i}`), logLine(NOW - i * 10, `tock ${i}`)];
    await store.append([logFrame('h1', i, lines)], at);
  }
  const lines = await allPages(store, logQuery({ text: 'tick', limit: 7 }));
  expect(lines.map((line) => line.message)).toEqual(Array.from({ length: 80 }, (_, i) => `tick ${i + 1}`));
  expect(await exportLines(store)).toHaveLength(160);
  await store.close();
  const database = new DatabaseSync(join(directory, 'lines-2026-03-01T12.db'), { readOnly: true });
  const { blocks, lines: count } = database.prepare('SELECT count(*) blocks, sum(lines) lines FROM block').get()!;
  database.close();
  expect(count).toBe(160);
  expect(blocks).toBeLessThan(20);
});

test('blocks of a batch that the main database does not know are taken out at start', async () => {
  const directory = folder();
  const store = await open(directory);
  await store.append([logFrame('h1', 1, [logLine(NOW, 'whole')])], at);
  await store.append([logFrame('h1', 2, [logLine(NOW, 'cut off')])], { ...at, next: '2' });
  await store.close();
  // As a crash between the two commits leaves it: the partition has the second batch, the main database does not.
  const main = new DatabaseSync(join(directory, 'catalog.db'));
  const state = JSON.parse(main.prepare("SELECT value FROM state WHERE name = 'batch'").get()!.value as string);
  main
    .prepare("UPDATE state SET value = ? WHERE name = 'batch'")
    .run(JSON.stringify({ ...state, batch: state.batch - 1 }));
  main.prepare("UPDATE position SET next = '1'").run();
  main.prepare("UPDATE seen SET ranges = '[[1,1]]'").run();
  const partition = new DatabaseSync(join(directory, 'lines-2026-03-01T12.db'));
  // A partition that was being written has a log.
  partition.exec('UPDATE block SET lines = lines');
  main.close();
  const again = await open(directory);
  partition.close();
  expect((await exportLines(again)).map((line) => line.message)).toEqual(['whole']);
  expect(await again.append([logFrame('h1', 2, [logLine(NOW, 'cut off')])], at)).toMatchObject([{ written: 1 }]);
  expect((await again.search(logQuery({ text: 'cut' }))).lines).toHaveLength(1);
});

test('words are found without their accents, and in Greek whatever the form of the sigma', async () => {
  const store = await open(folder());
  await store.append([logFrame('h1', 1, [logLine(NOW, 'Größe ΣΊΣΥΦΟΣ İstanbul')])], at);
  for (const text of ['größe', 'große', 'σίσυφος', 'σισυφοσ', 'istanbul', '"größe σ"']) {
    expect((await store.search(logQuery({ text }))).lines, text).toHaveLength(1);
  }
  for (const text of ['grosse', 'gr', '"große"']) {
    expect((await store.search(logQuery({ text }))).lines, text).toHaveLength(0);
  }
});

test('a partition whose maker was killed before it had tables holds up nothing', async () => {
  const directory = folder();
  writeFileSync(join(directory, 'lines-2026-03-01T11.db'), '');
  const store = await open(directory);
  expect((await store.search(logQuery())).lines).toEqual([]);
  expect(await exportLines(store)).toEqual([]);
  await store.append([logFrame('h1', 1, [logLine(NOW - HOUR, 'x')])], at);
  expect((await store.search(logQuery())).lines).toHaveLength(1);
});

test('a search that takes too long is stopped', async () => {
  const store = await open(folder(), { searchTimeoutMs: -1 });
  await store.append([logFrame('h1', 1, [logLine(NOW, 'x')])], at);
  await expect(store.search(logQuery())).rejects.toMatchObject({ code: 'HG_LOG_QUERY_TIMEOUT' });
});

test('a second store over the same directory is refused while the first is open', async () => {
  const directory = folder();
  const store = await open(directory);
  await expect(open(directory)).rejects.toMatchObject({ code: 'HG_STORE_LOCKED' });
  await store.close();
  await open(directory);
});

test('appends wait for company, and a flush ends the wait', async () => {
  const store = await open(folder(), { commitMs: 3_600_000 });
  let done = 0;
  const appends = [1, 2, 3].map((sequence) =>
    store.append([logFrame('h1', sequence, [logLine(NOW, `${sequence}`)])], at).then(() => done++),
  );
  expect((await store.totals()).lines).toBe(0);
  expect(done).toBe(0);
  await store.flush();
  await Promise.all(appends);
  expect((await store.totals()).lines).toBe(3);
});
