import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { leaseConfig } from '../../../../core/alerts/lease/config.ts';
import { FolderPlace } from '../../../../core/alerts/lease/folder-place.ts';
import { openLease } from '../../../../core/alerts/lease/open.ts';
import type { StateRecord } from '../../../../core/alerts/notify/state/record.ts';
import { kafkaConfig } from '../../../../core/engines/kafka/config.ts';
import { silentLog } from '../../../../lib/log.ts';
import { folder, TestClock } from '../notify/notifications.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function place(directory: string, owner: string) {
  const known = new Map<string, unknown>();
  const one = new FolderPlace({ folder: directory, owner, now: () => 1_000, log: silentLog });
  await one.open((records) => {
    for (const { key, value } of records) known.set(key, value);
  });
  cleanups.push(() => one.close());
  return { place: one, known };
}

const record = (key: string): StateRecord => ({ key, value: 'x', generation: 1, at: 1 });

test('what is written after an append that failed in its middle is read by others, and after a restart', async () => {
  const directory = folder(cleanups);
  const first = await place(directory, 'one');
  const second = await place(directory, 'two');
  await first.place.write([record('told/a')]);
  const any = await open(join(directory, 'state-one.jsonl'));
  const handles = Object.getPrototypeOf(any) as FileHandle;
  await any.close();
  const append = vi.spyOn(handles, 'appendFile').mockImplementationOnce(async function (this: FileHandle, text) {
    // As a disk that is full.
    await this.write(String(text).slice(0, 20));
    throw new Error('ENOSPC');
  });
  cleanups.push(() => append.mockRestore());
  await second.place.catchUp();
  await expect(first.place.write([record('told/b')])).rejects.toThrow('ENOSPC');
  await second.place.catchUp();
  await first.place.write([record('told/c')]);
  await first.place.write([record('told/d')]);
  await second.place.catchUp();
  expect([...second.known.keys()]).toEqual(['told/a', 'told/c', 'told/d']);
  await first.place.close();
  const again = await place(directory, 'one');
  expect([...again.known.keys()].sort()).toEqual(['told/a', 'told/c', 'told/d']);
});

test('a lease over records of a higher generation is above them, before they are handed over too', async () => {
  const directory = folder(cleanups);
  const shared = join(directory, 'notify');
  mkdirSync(shared);
  const written = await place(shared, 'one');
  await written.place.write([{ ...record('told/a'), generation: 50 }]);
  await written.place.close();
  const { lease, place: opened } = await openLease({
    config: leaseConfig.parse({ file: directory }),
    kafka: kafkaConfig.parse({ brokers: ['127.0.0.1:9'] }),
    ...{ owner: 'one', clock: new TestClock(), log: silentLog },
  });
  cleanups.push(() => lease.close());
  expect(lease.held).toBe(51);
  const known: StateRecord[] = [];
  await opened.open((records) => known.push(...records));
  cleanups.push(() => opened.close());
  expect(known).toMatchObject([{ key: 'told/a', generation: 50 }]);
});
