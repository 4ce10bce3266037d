import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeadJournal } from '../../../core/metrics/head-journal.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-head-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a segment in which nothing became durable goes when the next begins: a full disk is not filled with tries', async () => {
  const journal = new HeadJournal(directory);
  for (let i = 0; i < 5; i++) await journal.start();
  expect(journal.segments()).toEqual([5]);
  await journal.append([new Uint8Array(16)]);
  for (let i = 0; i < 5; i++) await journal.start();
  expect(journal.segments()).toEqual([5, 10]);
  await journal.close();
});

test('a segment that cannot begin leaves the one before it in use, and the next try finds a free name', async () => {
  const journal = new HeadJournal(directory);
  await journal.start();
  await journal.append([new Uint8Array(16)]);
  mkdirSync(join(directory, 'head-0000000002.log'));
  await expect(journal.start()).rejects.toThrow(/EEXIST/);
  await journal.append([new Uint8Array(16).fill(1)]);
  rmSync(join(directory, 'head-0000000002.log'), { recursive: true });
  await journal.start();
  await journal.append([new Uint8Array(16).fill(2)]);
  const found: number[] = [];
  for (const segment of journal.segments()) journal.replay(segment, (payload) => found.push(payload[0]!));
  expect(found).toEqual([0, 1, 2]);
  await journal.close();
});
