import { constants } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFiles } from '../../lib/node-files.ts';

/** Elsewhere `writeThrough` is a write and a sync of the file that is open. */
const LINUX = process.platform === 'linux';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'node-files-'));
  path = join(directory, 'file');
});
afterEach(() => rm(directory, { recursive: true }));

/** The flags that this process has the file open with, one for each descriptor. */
async function openedWith(): Promise<number[]> {
  const flags: number[] = [];
  for (const fd of await readdir('/proc/self/fd')) {
    // The descriptor of this very listing is gone by now.
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => null);
    if (target !== path) continue;
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8');
    flags.push(Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)![1]!, 8));
  }
  return flags;
}

test('what is written through stands where it should, beside what is written', async () => {
  const file = await nodeFiles.open(path, true);
  await file.write(Buffer.from('aaaaaa'), 0);
  await file.writeThrough(Buffer.from('bb'), 2);
  await file.writeThrough(Buffer.from('cc'), 6);
  expect(await file.size()).toBe(8);
  const into = new Uint8Array(8);
  await file.read(into, 0);
  expect(Buffer.from(into).toString()).toBe('aabbaacc');
  await file.close();
});

test.runIf(LINUX)('the kernel is told to write through, and no file stays open', async () => {
  const file = await nodeFiles.open(path, true);
  await file.writeThrough(Buffer.from('b'), 0);
  const through = (await openedWith()).filter((flags) => (flags & constants.O_DSYNC) === constants.O_DSYNC);
  expect(through).toHaveLength(1);
  await file.close();
  expect(await openedWith()).toEqual([]);
});

test.runIf(LINUX)('where it cannot be opened the caller is told, and it goes on when it can', async () => {
  const file = await nodeFiles.open(path, true);
  await nodeFiles.rename(path, `${path}.away`);
  await expect(file.writeThrough(Buffer.from('a'), 0)).rejects.toMatchObject({ code: 'ENOENT' });
  await nodeFiles.rename(`${path}.away`, path);
  await file.writeThrough(Buffer.from('b'), 0);
  expect(await readFile(path, 'utf8')).toBe('b');
  await file.close();
});
