import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { MetricEngine } from '../../../core/metrics/engine.ts';
import { HeadJournal } from '../../../core/metrics/head-journal.ts';
import { decodeRecord, encodeRecord, type RecordHeader } from '../../../core/metrics/head-record.ts';
import { engineSettings, noEvents, writesHere } from './engine-here.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-head-'));
  directories.push(directory);
  return directory;
}

function vector(version: number): Uint8Array {
  return Buffer.from(readFileSync(new URL(`./vectors/head-v${version}.hex`, import.meta.url), 'utf8').trim(), 'hex');
}

const header = (v: number): RecordHeader => ({
  v,
  now: NOW,
  frames: [['h1', '00000001aabbccddeeff0011', 'metric', 1, 3, null, { nan: 1 }]],
  series: [
    [0, ['__name__', 'a', 'instance', 'h1']],
    [1, ['__name__', 'b', 'instance', 'h1']],
  ],
  groups: [[4_194_304, 2]],
  rows: [[4_194_304, 2, 1, 2]],
});
const ids = [Int32Array.of(0, 1)];
const rows = [
  {
    group: 4_194_304,
    n: 2,
    times: Float64Array.of(NOW - 1_000, NOW),
    values: Float64Array.of(1, 2.5, -0, 0),
    mask: Uint8Array.of(1, 1, 1, 0),
  },
];

async function read(directory: string): Promise<{ damaged: number; payloads: Uint8Array[] }> {
  const payloads: Uint8Array[] = [];
  const { damaged } = new HeadJournal(directory).replay(1, (payload) => payloads.push(payload));
  return { damaged, payloads };
}

test('a segment is written as its vector of this version', async () => {
  const directory = folder();
  const journal = new HeadJournal(directory);
  await journal.start();
  await journal.append([encodeRecord(header(2), ids, rows)]);
  await journal.close();
  expect(readFileSync(join(directory, 'head-0000000001.log')).toString('hex')).toBe(
    Buffer.from(vector(2)).toString('hex'),
  );
});

test.each([1, 2])('the vector of version %i is read', async (version) => {
  const directory = folder();
  writeFileSync(join(directory, 'head-0000000001.log'), vector(version));
  const { damaged, payloads } = await read(directory);
  expect(damaged).toBe(0);
  const groups = new Map<number, Int32Array>();
  expect(payloads.map((payload) => decodeRecord(payload, groups))).toEqual([{ header: header(version), rows }]);
  expect([...groups]).toEqual([[4_194_304, ids[0]]]);
  // And a store starts with it.
  const engine = await MetricEngine.open(engineSettings(directory), writesHere(directory), noEvents);
  expect(engine.totals()).toMatchObject({ samples: 3, series: 2, dropped: { nan: 1 } });
  await engine.close();
});

test('a segment of a later version is refused, and left as it is', async () => {
  const directory = folder();
  const path = join(directory, 'head-0000000001.log');
  const bytes = Buffer.from(vector(2));
  bytes.writeUInt32LE(3, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  writeFileSync(path, bytes);
  const opening = MetricEngine.open(engineSettings(directory), writesHere(directory), noEvents);
  await expect(opening).rejects.toMatchObject({ code: 'HG_STORE_VERSION', facts: { version: 3, known: 2 } });
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('a record of a later version is refused too', () => {
  expect(() => decodeRecord(encodeRecord(header(3), ids, rows), new Map())).toThrow(/HG_STORE_VERSION/);
});

test('a damaged opening costs no record', async () => {
  const directory = folder();
  const bytes = Buffer.from(vector(2));
  bytes[4]! ^= 64;
  writeFileSync(join(directory, 'head-0000000001.log'), bytes);
  const { damaged, payloads } = await read(directory);
  expect(damaged).toBe(16);
  expect(payloads).toHaveLength(1);
});

test('an opening that was torn off is a segment with nothing in it', async () => {
  const directory = folder();
  const path = join(directory, 'head-0000000001.log');
  writeFileSync(path, vector(2).subarray(0, 9));
  expect(await read(directory)).toEqual({ damaged: 9, payloads: [] });
  expect(existsSync(path)).toBe(true);
});
