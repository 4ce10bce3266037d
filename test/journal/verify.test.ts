import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectJournal } from '../../lib/journal/inspect.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../../lib/journal/record.ts';
import { isDamage, verifyChain } from '../../lib/journal/verify.ts';
import { readOnlyFiles } from '../../lib/read-only-files.ts';
import { journalOptions, text } from './setup.ts';

const PAYLOAD = 200;
const RECORD = RECORD_HEADER_BYTES + PAYLOAD;
const COUNT = 60;

let directory: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-verify-'));
  const journal = await Journal.open(journalOptions(directory, { segmentBytes: 20 * RECORD }));
  for (let key = 1; key <= COUNT; key++) {
    await journal.appendDurably('log', { bytes: text('x'.repeat(PAYLOAD)), items: 2, key });
  }
  const reader = journal.reader('log', 'main');
  const { records } = await reader.read(0, 1);
  for (const record of records) reader.acknowledge(record, 'out');
  await journal.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

const segments = () => readdirSync(join(directory, 'log')).sort();
const segment = (index: number) => join(directory, 'log', segments()[index]!);

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  const fd = openSync(file, 'r+');
  writeSync(fd, Uint8Array.of(bytes[at]! ^ 0x10), 0, 1, at);
  closeSync(fd);
}

async function check(live = false) {
  const inspection = { directory, files: readOnlyFiles, crc32 };
  const view = await inspectJournal(inspection);
  return { view, report: await verifyChain(inspection, view.chains[0]!, live) };
}

/** All files and their contents. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (name.isFile()) hash.update(name.name).update(readFileSync(join(name.parentPath, name.name)));
  }
  return hash.digest('hex');
}

test('a whole journal: every record is read, the figures are those of the journal, and nothing is written', async () => {
  const before = fingerprint();
  const { view, report } = await check();
  expect(report).toMatchObject({ records: COUNT, items: 2 * COUNT, findings: [] });
  expect(view.chains[0]!.kept).toEqual({ records: COUNT, items: 2 * COUNT });
  const [reader] = view.chains[0]!.readers;
  expect(reader!.out.records).toBeGreaterThan(0);
  expect(reader!.queued.records).toBe(COUNT - reader!.out.records);
  expect(fingerprint()).toBe(before);
});

test('one altered byte anywhere in a record: that record is named by file and offset, all others are good', async () => {
  for (const at of [0, 5, 9, 13, 17, 40, RECORD_HEADER_BYTES, RECORD - 1]) {
    const file = segment(1);
    const record = SEGMENT_HEADER_BYTES + 3 * RECORD;
    flip(file, record + at);
    const { report } = await check();
    flip(file, record + at);
    expect(report.records, `byte ${at}`).toBe(COUNT - 1);
    expect(report.findings, `byte ${at}`).toEqual([
      { chain: 'log', file, at: record, bytes: RECORD, what: 'damaged', records: 1, items: 2, readers: ['main'] },
    ]);
  }
});

test('a sealed segment that was cut short, and one that is gone: told where and how much', async () => {
  truncateSync(segment(0), SEGMENT_HEADER_BYTES + 5 * RECORD + 7);
  const cut = (await check()).report.findings;
  expect(cut).toHaveLength(1);
  expect(cut[0]).toMatchObject({ file: segment(0), at: SEGMENT_HEADER_BYTES + 5 * RECORD });
  const gone = segment(0);
  rmSync(gone);
  const { report } = await check();
  expect(report.findings.filter(isDamage)).toMatchObject([{ what: 'missing', file: expect.stringContaining('.seg') }]);
});

test("a segment's header", async () => {
  flip(segment(1), 10);
  const { report } = await check();
  expect(report).toMatchObject({ records: COUNT, findings: [{ what: 'header', file: segment(1), at: 0 }] });
});

test('the newest record: altered it is damage, an unfinished write after it is none, synced bytes that went are', async () => {
  const last = segment(segments().length - 1);
  const size = readFileSync(last).length;
  flip(last, size - 3);
  expect((await check()).report.findings).toMatchObject([{ what: 'damaged', file: last, at: size - RECORD }]);
  // While its owner writes there, it may be that.
  expect((await check(true)).report.findings).toMatchObject([{ what: 'changing' }]);
  flip(last, size - 3);

  const fd = openSync(last, 'r+');
  writeSync(fd, readFileSync(last).subarray(size - RECORD, size - RECORD + 30), 0, 30, size);
  closeSync(fd);
  const torn = (await check()).report.findings;
  expect(torn).toMatchObject([{ what: 'torn', file: last, at: size, bytes: 30 }]);
  expect(torn.some(isDamage)).toBe(false);

  truncateSync(last, size - RECORD);
  expect((await check()).report.findings).toMatchObject([{ what: 'missing', file: last, bytes: RECORD }]);
});

test('a damaged cursor file is told; the other one still has the readers', async () => {
  const damaged = join(directory, 'cursors-1.log');
  const fd = openSync(damaged, 'r+');
  writeSync(fd, new Uint8Array(200).fill(0xab), 0, 200, 0);
  closeSync(fd);
  const { view } = await check();
  expect(view.cursorDamage).toMatchObject([{ file: 'cursors-1.log', at: 0 }]);
});
