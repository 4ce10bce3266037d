import * as fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { journalOptions, readAll } from './setup.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heliograph-small-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Files as a small host has them: every call is over when it returns. */
const synchronousFiles: JournalFiles = {
  mkdir: async (path) => void fs.mkdirSync(path, { recursive: true }),
  list: async (path) => fs.readdirSync(path),
  rename: async (from, to) => fs.renameSync(from, to),
  unlink: async (path) => fs.unlinkSync(path),
  async syncDirectory(path) {
    const fd = fs.openSync(path, 'r');
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  },
  async open(path, create) {
    const fd = fs.openSync(path, create ? fs.constants.O_RDWR | fs.constants.O_CREAT : fs.constants.O_RDWR);
    return {
      size: async () => fs.fstatSync(fd).size,
      read: async (into, position) => fs.readSync(fd, into, 0, into.length, position),
      write: async (bytes, position) => void fs.writeSync(fd, bytes, 0, bytes.length, position),
      writeThrough: async (bytes, position) => {
        fs.writeSync(fd, bytes, 0, bytes.length, position);
        fs.fdatasyncSync(fd);
      },
      truncate: async (length) => fs.ftruncateSync(fd, length),
      sync: async () => fs.fdatasyncSync(fd),
      close: async () => fs.closeSync(fd),
    };
  },
};

test('one format: what synchronous files wrote, asynchronous files read and go on with, and the other way round', async () => {
  const keys: number[] = [];
  for (let round = 0; round < 4; round++) {
    const files = round % 2 === 0 ? synchronousFiles : nodeFiles;
    const journal = await Journal.open(journalOptions(directory, { files, segmentBytes: 2_000 }));
    const reader = journal.reader('log', 'main');
    const records = await readAll(reader, 0);
    expect(records.map((record) => record.key)).toEqual(keys);
    for (const record of records.slice(0, 3)) reader.acknowledge(record, 'out');
    keys.splice(0, 3);
    for (let i = 0; i < 20; i++) {
      const key = round * 100 + i;
      await journal.appendDurably('log', { bytes: new Uint8Array(i * 20), items: 1, key });
      keys.push(key);
    }
    await journal.close();
    expect(journal.health.damage).toEqual({ torn: 0, checksum: 0, header: 0, cursor: 0 });
  }
});

test('the journal names no engine: no node: import, no Buffer, no text codec, no timer or clock of its own', async () => {
  const folder = new URL('../../lib/journal/', import.meta.url).pathname;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    const code = (await readFile(join(folder, name), 'utf8')).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(code, name).not.toMatch(
      /from 'node:|\bBuffer\b|\bText(En|De)coder\b|\bset(Timeout|Interval|Immediate)\b|\bDate\b|\bperformance\b|\bprocess\b|\bqueueMicrotask\b|\bstructuredClone\b/,
    );
  }
});
