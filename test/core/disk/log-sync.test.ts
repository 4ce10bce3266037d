import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogSync } from '../../../core/disk/log-sync.ts';
import { openOwnDatabase } from '../../../core/disk/own-database.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-log-sync-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the log of a database is synced, and a database without a log has none to sync', async () => {
  const path = join(directory, 'a.db');
  expect(() => new LogSync(path)).toThrow('ENOENT');
  const database = openOwnDatabase(path);
  database.exec('CREATE TABLE t(x)');
  const log = new LogSync(path);
  await Promise.all([log.sync(), log.sync(), log.sync()]);
  log.close();
  database.close();
});

test('what is asked for while a sync is under way is one more after it, and one that fails fails nobody else', async () => {
  const path = join(directory, 'a.db');
  const database = openOwnDatabase(path);
  database.exec('CREATE TABLE t(x)');
  const flushes: ((error: Error | null) => void)[] = [];
  const log = new LogSync(path, (_, done) => void flushes.push(done));
  const first = log.sync();
  const second = log.sync();
  const third = log.sync();
  expect(flushes).toHaveLength(1);
  let over = false;
  second.then(() => {
    over = true;
  });
  flushes[0]!(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  expect(over).toBe(false);
  expect(flushes).toHaveLength(2);
  flushes[1]!(null);
  await Promise.all([second, third]);
  const fourth = log.sync();
  expect(flushes).toHaveLength(3);
  flushes[2]!(null);
  await fourth;
  log.close();
  database.close();
});
