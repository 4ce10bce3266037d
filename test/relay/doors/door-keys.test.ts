import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { requestKey } from '../../../lib/doors/request-key.ts';
import { silentLog } from '../../../lib/log.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { DoorKeys } from '../../../relay/doors/door-keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'door-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'keys.log');
beforeEach(() => {
  rmSync(path, { force: true });
  clock = 1e12;
});

let clock: number;
const open = (most?: number) =>
  DoorKeys.open({ files: nodeFiles, path, now: () => clock, log: silentLog, ...(most ? { most } : {}) });
const keyed = (text: string, body = 'body') => requestKey(text, Buffer.from(body), 0);
const NAMES = [{ class: 'error' as const, host: 'web-1', lines: 3, boot: '00000001aaaaaaaaaaaaaaaa', sequence: 7 }];

test('names and what is done are known again after a restart, each of its client', async () => {
  let keys = await open();
  await keys.name('shop', keyed('a'), clock, NAMES);
  keys.done('shop', keyed('a'), clock);
  await keys.name('shop', keyed('b'), clock, NAMES);
  keys.done('shop', keyed('samples'), clock);
  await keys.close();
  keys = await open();
  expect(keys.find('shop', keyed('a'))).toMatchObject({ names: NAMES, done: true });
  expect(keys.find('shop', keyed('b'))).toMatchObject({ names: NAMES, done: false });
  expect(keys.find('shop', keyed('samples'))).toMatchObject({ names: [], done: true });
  expect(keys.find('other', keyed('a'))).toBeUndefined();
  // A request that had more frames than it had names for.
  await keys.name('shop', keyed('b'), clock, [...NAMES, ...NAMES]);
  await keys.close();
  keys = await open();
  expect(keys.find('shop', keyed('b'))!.names).toHaveLength(2);
  await keys.close();
});

/** As a relay wrote it that knew no digests. */
const OLDER = ['null', '{"k":"old","t":1,"n":[{"boot":"00","sequence":1}]}']
  .map((text) => `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`)
  .join('');

test('what is torn or wrong costs itself, and what is appended behind it is read', async () => {
  let keys = await open();
  await keys.name('shop', keyed('a'), clock, NAMES);
  await keys.name('shop', keyed('b'), clock, NAMES);
  await keys.close();
  truncateSync(path, statSync(path).size - 5);
  keys = await open();
  expect([keys.find('shop', keyed('a')) !== undefined, keys.find('shop', keyed('b')) !== undefined]).toEqual([
    true,
    false,
  ]);
  await keys.name('shop', keyed('c'), clock, NAMES);
  await keys.close();
  appendFileSync(path, `00000000 {"k":"x","t":1}\nnot even that\n${OLDER}`);
  keys = await open();
  await keys.name('shop', keyed('d'), clock, NAMES);
  await keys.close();
  keys = await open();
  expect(['a', 'c', 'd'].map((key) => keys.find('shop', keyed(key))?.names)).toEqual([NAMES, NAMES, NAMES]);
  expect(keys.size).toBe(3);
  await keys.close();
});

test('the oldest are forgotten: beyond so many, and after a day', async () => {
  const keys = await open(3);
  for (const key of ['a', 'b', 'c', 'd']) await keys.name('shop', keyed(key), clock, NAMES);
  expect([keys.size, keys.find('shop', keyed('a')), keys.find('shop', keyed('b'))?.names]).toEqual([
    3,
    undefined,
    NAMES,
  ]);
  clock += 86_400_001;
  expect(keys.find('shop', keyed('d'))).toBeUndefined();
  keys.done('shop', keyed('e'), clock);
  expect(keys.size).toBe(1);
  await keys.close();
});

test('the file does not grow without end', async () => {
  const keys = await open(10);
  const many = Array.from({ length: 1000 }, () => NAMES[0]!);
  for (let i = 0; i < 100; i++) await keys.name('shop', keyed(`${i}`), clock, many);
  await keys.close();
  expect(statSync(path).size).toBeLessThan(10 * 1024 * 1024);
  const again = await open(10);
  expect([again.size, again.find('shop', keyed('99'))?.names.length]).toEqual([10, 1000]);
  await again.close();
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(100);
});

test('a key whose names the disk does not take is not known', async () => {
  const failing = {
    ...nodeFiles,
    open: async (name: string, create: boolean) => {
      const file = await nodeFiles.open(name, create);
      const writeThrough = () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
      return Object.assign(file, { writeThrough });
    },
  };
  const keys = await DoorKeys.open({ files: failing, path, now: () => clock, log: silentLog });
  await expect(keys.name('shop', keyed('a'), clock, NAMES)).rejects.toMatchObject({ code: 'HG_JOURNAL_DISK' });
  expect(keys.find('shop', keyed('a'))).toBeUndefined();
  await keys.close();
});

test('a disk that once refuses to take the file anew costs no request its key', async () => {
  let refused = 0;
  const full = {
    ...nodeFiles,
    rename: async (from: string, to: string) => {
      if (refused++ === 0) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      return nodeFiles.rename(from, to);
    },
  };
  const keys = await DoorKeys.open({ files: full, path, now: () => clock, log: silentLog, most: 10 });
  const many = Array.from({ length: 1000 }, () => NAMES[0]!);
  for (let i = 0; i < 160; i++) await keys.name('shop', keyed(`${i}`), clock, many);
  await keys.close();
  expect(refused).toBeGreaterThan(1);
  const again = await open(10);
  expect([again.size, again.find('shop', keyed('159'))?.names.length]).toEqual([10, 1000]);
  await again.close();
});

test('a key stands for one content, over restarts too', async () => {
  let keys = await open();
  await keys.name('shop', keyed('lines'), clock, NAMES);
  keys.done('shop', keyed('samples'), clock);
  for (let i = 0; i < 2; i++) {
    for (const key of ['lines', 'samples']) {
      expect(() => keys.find('shop', keyed(key, 'another'))).toThrow('HG_DOOR_KEY');
      expect(keys.find('shop', keyed(key))).toBeDefined();
    }
    await keys.close();
    keys = await open();
  }
  await keys.close();
});

test('names that the disk does not take leave those from before', async () => {
  let full = false;
  const files = {
    ...nodeFiles,
    open: async (name: string, create: boolean) => {
      const file = await nodeFiles.open(name, create);
      const through = file.writeThrough.bind(file);
      const writeThrough = (bytes: Uint8Array, at: number) =>
        full ? Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' })) : through(bytes, at);
      return Object.assign(file, { writeThrough });
    },
  };
  const keys = await DoorKeys.open({ files, path, now: () => clock, log: silentLog });
  await keys.name('shop', keyed('a'), clock, NAMES);
  full = true;
  await expect(keys.name('shop', keyed('a'), clock, [...NAMES, ...NAMES])).rejects.toThrow('HG_JOURNAL_DISK');
  expect(keys.find('shop', keyed('a'))?.names).toEqual(NAMES);
  await keys.close();
});
