import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JournalFile, JournalFiles } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { balanceOf } from './balance.ts';
import { journalOptions, readAll } from './setup.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heliograph-full-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

type Operation = 'write' | 'sync';

/** Node's files with a switch: while `fault.code` is set, operations of that kind on segments fail; writes are done in part. */
function faultyFiles(): { files: JournalFiles; fault: { code: string | null; on: Operation } } {
  const fault: { code: string | null; on: Operation } = { code: null, on: 'write' };
  const files: JournalFiles = {
    ...nodeFiles,
    async open(path, create) {
      const file = await nodeFiles.open(path, create);
      const failing = (on: Operation) =>
        fault.code && fault.on === on ? Object.assign(new Error('fault'), { code: fault.code }) : null;
      const faulty: JournalFile = {
        size: () => file.size(),
        read: (into, position) => file.read(into, position),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
        async write(bytes, position) {
          const error = failing('write');
          if (!error) return file.write(bytes, position);
          await file.write(bytes.subarray(0, bytes.length >> 1), position);
          throw error;
        },
        async writeThrough(bytes, position) {
          await faulty.write(bytes, position);
          await faulty.sync();
        },
        async sync() {
          const error = failing('sync');
          if (error) throw error;
          await file.sync();
        },
      };
      return faulty;
    },
  };
  return { files, fault };
}

for (const [code, on] of [
  ['ENOSPC', 'write'],
  ['EIO', 'write'],
  ['EIO', 'sync'],
] as const) {
  test(`${code} on ${on}: callers are told, nothing acknowledged is hurt, and it goes on when the disk does`, async () => {
    const { files, fault } = faultyFiles();
    const options = journalOptions(directory, { files });
    let journal = await Journal.open(options);
    const put = (key: number) => journal.appendDurably('log', { bytes: new Uint8Array(300).fill(key), items: 1, key });
    for (let key = 1; key <= 10; key++) await put(key);
    Object.assign(fault, { code, on });
    const refused = await Promise.allSettled([11, 12, 13].map(put));
    for (const each of refused) expect(each).toMatchObject({ status: 'rejected', reason: { code: 'HG_JOURNAL_DISK' } });
    await expect(put(14)).rejects.toMatchObject({ code: 'HG_JOURNAL_DISK', facts: { cause: code } });
    journal.setState('any', new Uint8Array(1));
    await expect(journal.flush()).rejects.toMatchObject({ code: 'HG_JOURNAL_DISK' });
    expect((await readAll(journal.reader('log', 'main'), 0)).map((record) => record.key)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    fault.code = null;
    await vi.waitFor(() => put(20), { timeout: 5_000, interval: 20 });
    await put(21);
    const want = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 21];
    expect((await readAll(journal.reader('log', 'main'), 0)).map((record) => record.key)).toEqual(want);
    expect(journal.totals('log', 'main').in.records).toBe(12);
    await journal.close();
    journal = await Journal.open(options);
    const records = await readAll(journal.reader('log', 'main'), 0);
    expect(records.map((record) => record.key)).toEqual(want);
    for (const { bytes, key } of records) expect(bytes).toEqual(new Uint8Array(300).fill(key));
    expect(balanceOf(journal.totals('log', 'main'))).toEqual([]);
    expect(journal.totals('log', 'main').dropped).toEqual({});
    await journal.close();
  });
}

/** Mounts a small file system, where this is allowed. */
function smallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('a file system that is really full', async (context) => {
  const path = join(directory, 'small');
  await mkdir(path);
  if (!smallDisk(path)) context.skip('mounting a file system needs root');
  try {
    const options = journalOptions(join(path, 'journal'), { segmentBytes: 100_000 });
    let journal = await Journal.open(options);
    const reader = journal.reader('log', 'main');
    const put = (key: number) => journal.appendDurably('log', { bytes: new Uint8Array(5000).fill(key), items: 1, key });
    const durable: number[] = [];
    let error: unknown = null;
    for (let key = 1; !error && key < 10_000; key++) {
      await put(key).then(
        () => durable.push(key),
        (refused) => (error = refused),
      );
    }
    expect(error).toMatchObject({ code: 'HG_JOURNAL_DISK', facts: { cause: 'ENOSPC' } });
    expect(durable.length).toBeGreaterThan(200);
    // Cursors can be written all the same, so what is done can go, and that makes room.
    const records = await readAll(reader, 0);
    expect(records.map((record) => record.key)).toEqual(durable);
    for (const record of records.slice(0, 100)) reader.acknowledge(record, 'out');
    await journal.flush();
    await vi.waitFor(() => put(20_000), { timeout: 5_000, interval: 20 });
    // Full again by somebody else: the journal starts, and loses nothing.
    await writeFile(join(path, 'other'), new Uint8Array(2_000_000)).catch(() => undefined);
    await journal.close();
    journal = await Journal.open(options);
    const want = [...durable.slice(100), 20_000];
    expect((await readAll(journal.reader('log', 'main'), 0)).map((record) => record.key)).toEqual(want);
    await unlink(join(path, 'other'));
    await journal.close();
  } finally {
    execFileSync('umount', ['-l', path]);
  }
});
