import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClassLanes, type LaneOptions } from '../../../collector/core/uplink/class-lanes.ts';
import type { JournalRecord } from '../../../lib/journal/contract.ts';
import { Journal } from '../../../lib/journal/journal.ts';
import { nodeFiles } from '../../../lib/node-files.ts';
import { quietHost, until } from '../../support/collector.ts';

let directory: string;
let journal: Journal;
let now = 1_000_000;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-lanes-'));
  const host = quietHost();
  now = 1_000_000;
  journal = await Journal.open({
    directory: join(directory, 'spool'),
    files: nodeFiles,
    chains: [{ name: 'metric', rank: 1, policy: 'drop-oldest', readers: ['uplink'] }],
    now: () => now,
    crc32: host.crc32,
    timer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    segmentBytes: 64 * 1024,
    maxBytes: 64 * 1024 * 1024,
    lingerMs: 0,
    mode: 'disk',
  });
});
afterEach(async () => {
  await journal.close();
  rmSync(directory, { recursive: true, force: true });
});

let lastKey = 0;
const append = async (count: number, bytes = 1000): Promise<number[]> => {
  const keys: number[] = [];
  for (let i = 0; i < count; i++) {
    keys.push(++lastKey);
    await journal.appendDurably('metric', { bytes: new Uint8Array(bytes), items: 1, key: lastKey });
  }
  return keys;
};

/** Lanes whose sends are recorded and acknowledged by the test. */
function lanesOf(options: Partial<LaneOptions> = {}) {
  const sent: number[] = [];
  const open: { record: JournalRecord; done: (acknowledged: boolean) => void }[] = [];
  let most = 0;
  const reader = journal.reader('metric', 'uplink');
  const lanes = new ClassLanes({
    reader,
    end: () => journal.end('metric'),
    now: () => now,
    windowFrames: 8,
    windowBytes: 256 * 1024,
    backfillShare: 0.5,
    staleMs: 30_000,
    send: (record, done) => {
      sent.push(record.key);
      open.push({ record, done });
      most = Math.max(most, open.length);
      return true;
    },
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  const acknowledge = (which = 0): void => {
    const [one] = open.splice(which, 1);
    if (one === undefined) return;
    reader.acknowledge(one.record, 'out');
    one.done(true);
  };
  return { lanes, sent, open, acknowledge, reader, most: () => most };
}

describe('the lanes of a class', () => {
  it('send fresh records at once while a backlog drains', async () => {
    const backlog = await append(300);
    const test = lanesOf();
    test.lanes.open();
    await until('the share of the window', () => test.sent.length === 4);
    expect(test.sent).toEqual(backlog.slice(0, 4));
    const [fresh] = await append(1);
    await until('the fresh one', () => test.sent.includes(fresh!));
    expect(test.sent.indexOf(fresh!)).toBe(4);
    while (test.sent.length < 301) {
      test.acknowledge(test.open.length - 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (test.open.length > 0) test.acknowledge();
    expect([...test.sent].sort((a, b) => a - b)).toEqual([...backlog, fresh!]);
    expect(test.reader.floor()).toBe(journal.end('metric'));
  });

  it('never have more in flight than the window, in frames and in bytes', async () => {
    const test = lanesOf({ windowBytes: 10_000, backfillShare: 1 });
    test.lanes.open();
    await append(30, 3000);
    await until('a full window', () => test.open.length === 3);
    for (let i = 0; i < 30; i++) {
      test.acknowledge();
      await until('the next', () => test.open.length === Math.min(3, 30 - 1 - i));
    }
    expect(test.most()).toBe(3);
    expect(test.sent.length).toBe(30);
  });

  it('send what was not acknowledged again on the next connection, and only that', async () => {
    const keys = await append(6);
    const test = lanesOf({ backfillShare: 1 });
    test.lanes.open();
    await until('all sent', () => test.sent.length === 6);
    test.acknowledge(1);
    test.acknowledge(3);
    test.lanes.close();
    test.open.length = 0;
    test.sent.length = 0;
    test.lanes.open();
    await until('the rest', () => test.sent.length === 4);
    expect(test.sent).toEqual([keys[0], keys[2], keys[3], keys[5]]);
  });

  it('call live data that could not be sent for long older data, and send each record once', async () => {
    const test = lanesOf();
    test.lanes.open();
    const before = await append(100);
    await until('a full window', () => test.open.length === 8);
    now += 60_000;
    const [fresh] = await append(1);
    test.acknowledge();
    await until('the fresh one', () => test.sent.includes(fresh!));
    expect(test.sent.indexOf(fresh!)).toBeLessThan(12);
    while (test.sent.length < 101) {
      test.acknowledge();
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (test.open.length > 0) test.acknowledge();
    await new Promise((resolve) => setImmediate(resolve));
    expect([...test.sent].sort((a, b) => a - b)).toEqual([...before, fresh!]);
  });

  it('stop under pressure 2, and send no older data under pressure 1', async () => {
    await append(5);
    const test = lanesOf({ backfillShare: 1 });
    test.lanes.open();
    test.lanes.pressure = 1;
    const [fresh] = await append(1);
    await until('the fresh one', () => test.sent.includes(fresh!));
    const soFar = test.sent.length;
    test.lanes.pressure = 2;
    await append(1);
    while (test.open.length > 0) test.acknowledge();
    expect(test.sent.length).toBe(soFar);
    test.lanes.pressure = 0;
    test.lanes.pump();
    await until('the rest', () => test.sent.length === 7);
  });
});
