import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
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
const NAMES = [{ boot: '00000001aaaaaaaaaaaaaaaa', sequence: 7 }];

test('names and what is done are known again after a restart, each of its client', async () => {
  let keys = await open();
  await keys.name('shop', 'a', NAMES);
  keys.done('shop', 'a');
  await keys.name('shop', 'b', NAMES);
  keys.done('shop', 'samples');
  await keys.close();
  keys = await open();
  expect(keys.find('shop', 'a')).toMatchObject({ names: NAMES, done: true });
  expect(keys.find('shop', 'b')).toMatchObject({ names: NAMES, done: false });
  expect(keys.find('shop', 'samples')).toMatchObject({ names: [], done: true });
  expect(keys.find('other', 'a')).toBeUndefined();
  // A request that had more frames than it had names for.
  await keys.name('shop', 'b', [...NAMES, ...NAMES]);
  await keys.close();
  keys = await open();
  expect(keys.find('shop', 'b')!.names).toHaveLength(2);
  await keys.close();
});

test('what is torn or wrong costs itself, and what is appended behind it is read', async () => {
  let keys = await open();
  await keys.name('shop', 'a', NAMES);
  await keys.name('shop', 'b', NAMES);
  await keys.close();
  truncateSync(path, statSync(path).size - 5);
  keys = await open();
  expect([keys.find('shop', 'a') !== undefined, keys.find('shop', 'b') !== undefined]).toEqual([true, false]);
  await keys.name('shop', 'c', NAMES);
  await keys.close();
  appendFileSync(path, '00000000 {"k":"x","t":1}\nnot even that\n');
  keys = await open();
  await keys.name('shop', 'd', NAMES);
  await keys.close();
  keys = await open();
  expect(['a', 'c', 'd'].map((key) => keys.find('shop', key)?.names)).toEqual([NAMES, NAMES, NAMES]);
  expect(keys.size).toBe(3);
  await keys.close();
});

test('the oldest are forgotten: beyond so many, and after a day', async () => {
  const keys = await open(3);
  for (const key of ['a', 'b', 'c', 'd']) await keys.name('shop', key, NAMES);
  expect([keys.size, keys.find('shop', 'a'), keys.find('shop', 'b')?.names]).toEqual([3, undefined, NAMES]);
  clock += 86_400_001;
  expect(keys.find('shop', 'd')).toBeUndefined();
  keys.done('shop', 'e');
  expect(keys.size).toBe(1);
  await keys.close();
});

test('the file does not grow without end', async () => {
  const keys = await open(10);
  const many = Array.from({ length: 500 }, () => NAMES[0]!);
  for (let i = 0; i < 400; i++) await keys.name('shop', `${i}`, many);
  await keys.close();
  expect(statSync(path).size).toBeLessThan(10 * 1024 * 1024);
  const again = await open(10);
  expect([again.size, again.find('shop', '399')?.names.length]).toEqual([10, 500]);
  await again.close();
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(400);
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
  await expect(keys.name('shop', 'a', NAMES)).rejects.toMatchObject({ code: 'HG_JOURNAL_DISK' });
  expect(keys.find('shop', 'a')).toBeUndefined();
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
  const many = Array.from({ length: 500 }, () => NAMES[0]!);
  for (let i = 0; i < 600; i++) await keys.name('shop', `${i}`, many);
  await keys.close();
  expect(refused).toBeGreaterThan(1);
  const again = await open(10);
  expect([again.size, again.find('shop', '599')?.names.length]).toEqual([10, 500]);
  await again.close();
});
