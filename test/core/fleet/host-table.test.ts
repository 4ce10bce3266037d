import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostMemory } from '../../../core/fleet/host.ts';
import { HostTable } from '../../../core/fleet/host-table.ts';
import { openMemory } from '../../../core/state.ts';

let directory: string;
let memory: ReturnType<typeof openMemory>;
let now = 0;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-hosts-'));
  memory = openMemory(directory);
  now = 1_000_000;
});
afterEach(() => {
  memory.close();
  rmSync(directory, { recursive: true, force: true });
});

function open() {
  const table = new HostTable(memory, () => now);
  /** As it is when it is written. */
  const memoryOf = (host: string): HostMemory => ({ host, relays: {}, skew: 0, lastSeen: now, status: null });
  const saved = () => Object.fromEntries(table.load().map(({ host, lastSeen }) => [host, lastSeen - 1_000_000]));
  return { table, memoryOf, saved };
}

test('what is to be written soon is written by the next save, at most so many', () => {
  const { table, memoryOf, saved } = open();
  for (const host of ['a', 'b', 'c']) table.soon(host);
  table.save(2, memoryOf);
  expect(saved()).toEqual({ a: 0, b: 0 });
  now += 5;
  table.save(2, memoryOf);
  table.save(2, memoryOf);
  expect(saved()).toEqual({ a: 0, b: 0, c: 5 });
});

test('what changes all the time is written once a minute, with those that are due a moment later', () => {
  const { table, memoryOf, saved } = open();
  table.later('a');
  now += 900;
  table.later('b');
  now += 5_000;
  table.later('c');
  // Again and again: it is due when it was due.
  for (; now < 1_059_000; now += 10_000) table.later('a');
  now = 1_059_999;
  table.save(300, memoryOf);
  expect(saved()).toEqual({});
  now = 1_060_000;
  table.save(300, memoryOf);
  expect(saved()).toEqual({ a: 60_000, b: 60_000 });
  table.later('a');
  now = 1_066_000;
  table.save(300, memoryOf);
  expect(saved()).toEqual({ a: 60_000, b: 60_000, c: 66_000 });
  now = 1_120_000;
  table.save(300, memoryOf);
  expect(saved()).toMatchObject({ a: 120_000 });
});

test('one that is written soon is not written again for what waited, and without a bound nothing waits', () => {
  const { table, memoryOf, saved } = open();
  table.later('a');
  table.soon('a');
  table.save(300, memoryOf);
  now += 61_000;
  table.save(300, memoryOf);
  expect(saved()).toEqual({ a: 0 });
  table.later('b');
  table.save(Number.POSITIVE_INFINITY, memoryOf);
  expect(saved()).toEqual({ a: 0, b: 61_000 });
});

test('what the disk refuses is tried again', () => {
  const { table, memoryOf, saved } = open();
  table.soon('a');
  memory.exec('PRAGMA query_only = ON');
  expect(() => table.save(300, memoryOf)).toThrow();
  memory.exec('PRAGMA query_only = OFF');
  table.save(300, memoryOf);
  expect(saved()).toEqual({ a: 0 });
});
