import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GzipFile } from '../../../collector/node/gzip-file.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { withPackedFiles } from '../../../collector/node/packed-files.ts';
import { seeded } from '../random.ts';
import { SpoolModel } from './spool-model.ts';

let folder: string;
let clock = 0;
let model: SpoolModel | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packed-'));
  clock = 0;
});
afterEach(() => {
  model?.stop();
  model = null;
  rmSync(folder, { recursive: true, force: true });
});

const host = withPackedFiles(createNodeHost({ mono: () => clock, log: () => undefined }));
const follow = (paths: string[]): SpoolModel => {
  model = new SpoolModel(host, { paths, batchBytes: 4096, maxLineBytes: 1000, idleFlushMs: 1e9 }, seeded(1));
  return model;
};
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `INFO line ${from + i} ${'x'.repeat((from + i) % 90)}\n`).join('');
const numbers = (of: SpoolModel): number[] => of.lines.map((line) => Number(line.split(' ')[2])).sort((a, b) => a - b);
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);
const drain = (of: SpoolModel): void => {
  for (let i = 0; i < 200; i++) {
    clock += 100;
    of.tail.poll();
    of.answerAll();
  }
};
const pack = (path: string, to = `${path}.1.gz`): void => writeFileSync(to, gzipSync(readFileSync(path)));

it('reads the unread rest of a file that was copied, packed and truncated at once', () => {
  const path = join(folder, 'app.log');
  writeFileSync(path, lines(0, 2000));
  const reader = follow([path]);
  reader.tail.poll();
  reader.answerAll();
  expect(reader.lines.length).toBeLessThan(200);
  for (let round = 1; round <= 3; round++) {
    // Some is written after the last look.
    appendFileSync(path, lines(round * 2000, round * 2000 + 1000));
    pack(path, `${path}.${round}.gz`);
    truncateSync(path, 0);
    appendFileSync(path, lines(round * 2000 + 1000, round * 2000 + 2000));
    reader.tail.poll();
    reader.answerAll();
  }
  drain(reader);
  expect(numbers(reader)).toEqual(upTo(8000));
  expect(reader.tail.stats.lostBytes).toBe(0);
  // What is packed is closed when it was read.
  expect(reader.tail.stats.files).toBe(1);
});

it('finds a file that was renamed and packed while the collector was down, and goes on in it after one more kill', () => {
  const path = join(folder, 'app.log');
  writeFileSync(path, lines(0, 3000));
  const reader = follow([path]);
  for (let i = 0; i < 3; i++) {
    reader.tail.poll();
    reader.answerAll();
  }
  reader.stop();
  pack(path);
  unlinkSync(path);
  writeFileSync(path, lines(3000, 4000));
  reader.restart();
  reader.tail.poll();
  reader.answerAll();
  reader.tail.poll();
  reader.restart();
  drain(reader);
  expect(numbers(reader)).toEqual(upTo(4000));
  expect(reader.tail.stats.gone).toBe(0);
});

it('unpacks up to a place far away over several turns, after a truncation and after a restart', () => {
  let later = 0;
  const watched = {
    ...host,
    files: {
      ...host.files,
      pread: (...of: Parameters<typeof host.files.pread>) => {
        const got = host.files.pread(...of);
        if (got === -11) later++;
        return got;
      },
    },
  };
  const path = join(folder, 'app.log');
  const long = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `INFO line ${from + i} ${'x'.repeat(4000)}\n`).join('');
  const options = { paths: [path], batchBytes: 1024 * 1024, maxLineBytes: 5000, idleFlushMs: 1e9 };
  const reader = new SpoolModel(watched, options, seeded(1));
  model = reader;
  writeFileSync(path, long(0, 10_000));
  drain(reader);
  expect(reader.lines).toHaveLength(10_000);
  appendFileSync(path, long(10_000, 10_100));
  pack(path);
  truncateSync(path, 0);
  appendFileSync(path, long(10_100, 10_110));
  drain(reader);
  expect(numbers(reader)).toEqual(upTo(10_110));
  expect(later).toBeGreaterThanOrEqual(1);
  const before = later;
  appendFileSync(path, long(10_110, 20_000));
  drain(reader);
  reader.stop();
  appendFileSync(path, long(20_000, 20_100));
  pack(path, `${path}.2.gz`);
  unlinkSync(path);
  writeFileSync(path, long(20_100, 20_110));
  reader.restart();
  drain(reader);
  expect(numbers(reader)).toEqual(upTo(20_110));
  expect(later).toBeGreaterThanOrEqual(before + 1);
  expect([reader.tail.stats.lostBytes, reader.tail.stats.gone, reader.tail.stats.readErrors]).toEqual([0, 0, 0]);
  // One that begins the same and holds something else: what is lost is known only after turns, and is told.
  appendFileSync(path, long(20_110, 30_000));
  appendFileSync(path, 'INFO line 0 torn');
  drain(reader);
  const content = readFileSync(path);
  content.fill('y', 10_000);
  writeFileSync(`${path}.3.gz`, gzipSync(content));
  const unturned = later;
  truncateSync(path, 0);
  appendFileSync(path, 'INFO line 30000 end\n');
  drain(reader);
  expect(later).toBeGreaterThan(unturned);
  expect(reader.tail.stats.lostBytes).toBe(16);
  expect(numbers(reader)).toEqual(upTo(30_001));
  expect([reader.tail.stats.files, reader.tail.stats.gone]).toEqual([1, 0]);
}, 30_000);

it('finds what a link led to, in the folder where that was rotated', () => {
  const pods = join(folder, 'pods');
  const links = join(folder, 'containers');
  for (const each of [pods, links]) mkdirSync(each);
  const path = join(pods, '0.log');
  writeFileSync(path, lines(0, 500));
  symlinkSync(path, join(links, 'web.log'));
  const reader = follow([join(links, '*.log')]);
  reader.tail.poll();
  reader.answerAll();
  reader.stop();
  renameSync(path, join(pods, '0.log.20261129-214000'));
  writeFileSync(path, lines(500, 600));
  reader.restart();
  drain(reader);
  // The stem of the link is another one than that of the file: by its inode it is found all the same.
  expect(numbers(reader)).toEqual(upTo(600));
});

it('believes no packed file that holds something else, or is damaged', () => {
  const path = join(folder, 'app.log');
  writeFileSync(path, lines(0, 2000));
  const reader = follow([path]);
  reader.tail.poll();
  reader.answerAll();
  const good = gzipSync(readFileSync(path));
  writeFileSync(join(folder, 'app.log.1.gz'), gzipSync(lines(9, 2000)));
  writeFileSync(join(folder, 'app.log.2.gz'), 'no gzip at all, but long enough for one');
  writeFileSync(join(folder, 'app.log.3.gz'), good.subarray(0, 30));
  // Its end says so much, and there is less.
  writeFileSync(join(folder, 'app.log.4.gz'), Buffer.concat([good.subarray(0, 200), good.subarray(-4)]));
  writeFileSync(join(folder, 'other.gz'), good);
  truncateSync(path, 0);
  appendFileSync(path, lines(2000, 2010));
  drain(reader);
  expect(reader.tail.stats.lostBytes).toBeGreaterThan(10_000);
  expect(numbers(reader).slice(-10)).toEqual(upTo(2010).slice(-10));
});

it('reads any place of what is packed, in any order, of any bytes', () => {
  const random = seeded(9);
  const content = Buffer.concat(
    Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? Buffer.alloc(100_000, 'a') : Buffer.from(lines(i * 1000, i * 1000 + 1000)),
    ),
  );
  const path = join(folder, 'x.gz');
  writeFileSync(path, gzipSync(content));
  const file = GzipFile.open(path, 2 ** 29)!;
  expect(file.size).toBe(content.length);
  const into = new Uint8Array(70_000);
  for (let i = 0; i < 60; i++) {
    const at = i % 10 === 9 ? random(content.length) : Math.floor((i / 60) * content.length);
    const got = file.pread(into, 0, into.length, at);
    expect(got).toBe(Math.min(into.length, content.length - at));
    expect(Buffer.compare(Buffer.from(into.subarray(0, got)), content.subarray(at, at + got))).toBe(0);
  }
  expect(file.pread(into, 0, 10, content.length)).toBe(0);
  file.close();
  expect(GzipFile.open(path, 1000)).toBeNull();
  const good = readFileSync(path);
  for (let round = 0; round < 40; round++) {
    const bad = Buffer.from(good.subarray(0, 5000 + random(good.length - 5000)));
    for (let i = 0; i < 5; i++) bad[2 + random(bad.length - 2)] = random(256);
    writeFileSync(path, bad);
    const damaged = GzipFile.open(path, 2 ** 29);
    for (const at of [0, 500_000, 3_000_000])
      expect(damaged?.pread(into, 0, 1000, at) ?? -5).toBeGreaterThanOrEqual(-5);
    damaged?.close();
  }
});

it('does not wait for a pipe that has the name of a packed file, nor for one that took the place of a file', () => {
  const path = join(folder, 'app.log');
  writeFileSync(path, lines(0, 100));
  const reader = follow([path]);
  drain(reader);
  // Nobody ever writes into it.
  execFileSync('mkfifo', [`${path}.1.gz`]);
  truncateSync(path, 0);
  appendFileSync(path, lines(100, 150));
  drain(reader);
  expect(numbers(reader)).toEqual(upTo(150));
  const fd = host.files.open(`${path}.1.gz`, 'read');
  expect(fd).toBeGreaterThan(0);
  host.files.close(fd);
});
