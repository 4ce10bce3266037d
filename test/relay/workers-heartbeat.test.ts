import { expect, test } from 'vitest';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import { DiskWait } from '../../relay/workers/disk-wait.ts';
import { Heartbeat } from '../../relay/workers/heartbeat.ts';

const looks = (heart: Heartbeat, count: number) => Array.from({ length: count }, () => heart.look());

test('a loop without a turn is one that hangs, when it was so for long; a turn in between begins anew', () => {
  const heart = new Heartbeat({ loopMs: 5000, diskMs: 9000, startMs: 7000 });
  heart.beat(0);
  expect(looks(heart, 5)).toEqual([null, null, null, null, null]);
  heart.beat(0);
  expect(looks(heart, 6)).toEqual([null, null, null, null, null, expect.objectContaining({ cause: 'loop' })]);
});

test('a disk may be slower than a loop, and what it does in time is no hang', () => {
  const heart = new Heartbeat({ loopMs: 5000, diskMs: 9000, startMs: 7000 });
  for (let second = 0; second <= 9; second++) {
    heart.beat(second * 1000);
    expect(heart.look(), String(second)).toBeNull();
  }
  expect(heart.slowDiskMs).toBe(9000);
  heart.beat(0);
  expect(heart.look()).toBeNull();
  expect(heart.slowDiskMs).toBe(0);
  heart.beat(10_000);
  expect(heart.look()).toMatchObject({ cause: 'disk' });
});

test('a process may take long until its first word', () => {
  const heart = new Heartbeat({ loopMs: 2000, diskMs: 9000, startMs: 7000 });
  expect(looks(heart, 7)).toEqual(Array.from({ length: 7 }, () => null));
  expect(heart.look()).toMatchObject({ cause: 'start' });
});

test('of the file operations the one that waits longest counts, until it is done or has failed', async () => {
  const open: { done: () => void; fail: (error: Error) => void }[] = [];
  const slow = () =>
    new Promise<void>((done, fail) => {
      open.push({ done, fail });
    });
  const files = {
    open: async () => ({ sync: slow, size: async () => 7 }),
    unlink: slow,
  } as unknown as JournalFiles;
  const disk = new DiskWait(files);
  expect(disk.look()).toBe(0);
  const file = await disk.files.open('segment', true);
  expect(await file.size()).toBe(7);
  const first = file.sync();
  expect(disk.look()).toBe(1);
  const second = disk.files.unlink('segment');
  expect(disk.look()).toBe(2);
  open[0]!.done();
  await first;
  expect(disk.look()).toBe(2);
  open[1]!.fail(new Error('EIO'));
  await expect(second).rejects.toThrow('EIO');
  expect(disk.look()).toBe(0);
});
