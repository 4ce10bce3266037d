import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeHost } from '../../../collector/node/host.ts';
import { withPackedFiles } from '../../../collector/node/packed-files.ts';
import { seeded } from '../random.ts';
import { SpoolModel } from './spool-model.ts';

let folder: string;
let path: string;
let clock = 0;
let model: SpoolModel;
const host = withPackedFiles(createNodeHost({ mono: () => clock, log: () => undefined }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unseen-'));
  path = join(folder, 'app.log');
  clock = 0;
});
afterEach(() => {
  model.stop();
  rmSync(folder, { recursive: true, force: true });
});

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `INFO line ${from + i}\n`).join('');
const numbers = (): number[] => model.lines.map((line) => Number(line.split(' ')[2])).sort((a, b) => a - b);
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);
const follow = (exclude: string[] = [], paths = [path]): void => {
  model = new SpoolModel(host, { paths, exclude, idleFlushMs: 1e9 }, seeded(1));
};
const drain = (): void => {
  for (let i = 0; i < 20; i++) {
    // Longer than a copy waits for the truncation.
    clock += i === 10 ? 70_000 : 100;
    model.tail.poll();
    model.answerAll();
  }
};
const rename = (number: number): void => renameSync(path, `${path}.${number}`);
const copyTruncate = (number: number): void => {
  copyFileSync(path, `${path}.${number}`);
  truncateSync(path, 0);
};
const packed = (number: number): void => {
  writeFileSync(`${path}.${number}.gz`, gzipSync(readFileSync(path)));
  unlinkSync(path);
};
/** So many files of a hundred lines, each rotated but the last. */
const write = (from: number, to: number, rotate: (number: number) => void): void => {
  for (let file = from; file < to; file++) {
    writeFileSync(path, lines(file * 100, (file + 1) * 100));
    if (file < to - 1) rotate(file);
  }
};

for (const [name, rotate] of [
  ['renamed', rename],
  ['copied and truncated', copyTruncate],
  ['packed', packed],
] as const) {
  it(`reads files that were ${name} while the collector was down, and goes on in them after a kill`, () => {
    writeFileSync(path, lines(0, 50));
    follow();
    drain();
    model.stop();
    write(0, 5, rotate);
    model.restart();
    model.tail.poll();
    model.answerOne();
    model.restart();
    drain();
    expect(numbers()).toEqual(upTo(500));
    // And once more, when all of them are known.
    model.restart();
    drain();
    expect(numbers()).toEqual(upTo(500));
  });

  it(`reads files that were ${name} between two looks`, () => {
    writeFileSync(path, lines(0, 50));
    follow();
    drain();
    write(0, 3, rotate);
    drain();
    rotate(2);
    write(3, 6, rotate);
    drain();
    expect(numbers()).toEqual(upTo(600));
  });
}

it('reads what a file had that was empty when it was seen, and was filled, copied and truncated between two looks', () => {
  writeFileSync(path, '');
  follow();
  drain();
  write(0, 2, copyTruncate);
  drain();
  copyTruncate(1);
  drain();
  write(2, 4, copyTruncate);
  drain();
  expect(numbers()).toEqual(upTo(400));
});

it('looks again beside a file that is known for what was found unseen and was not durable', () => {
  writeFileSync(path, lines(0, 50));
  follow();
  drain();
  model.checkpoint();
  model.stop();
  write(0, 4, rename);
  model.takeTime(0);
  model.restart();
  model.tail.poll();
  model.answerOf(path);
  model.restart();
  drain();
  expect(numbers()).toEqual(upTo(400));
});

it('goes on in a renamed file of which nothing was durable, and that begins as the one before it', () => {
  const banner = `INFO ${'of a program '.repeat(100)}\n`;
  writeFileSync(path, banner + lines(0, 50));
  follow();
  drain();
  rename(1);
  writeFileSync(path, banner + lines(50, 100));
  model.tail.poll();
  model.stop();
  rename(2);
  writeFileSync(path, lines(100, 200));
  model.restart();
  drain();
  expect(numbers().filter((number) => !Number.isNaN(number))).toEqual(upTo(200));
});

it('knows what a file was truncated to and renamed with, before what is packed of it is taken for unseen', () => {
  writeFileSync(path, lines(0, 50));
  follow();
  drain();
  appendFileSync(path, lines(50, 100));
  copyTruncate(2);
  appendFileSync(path, lines(100, 200));
  writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path)));
  rename(1);
  writeFileSync(path, lines(200, 300));
  drain();
  expect(numbers()).toEqual(upTo(300));
});

it('reads what was packed unseen, when a start finds the rotated ones alone', () => {
  const now = Date.now() / 1000;
  const written = (name: string, ago: number): void => utimesSync(name, now - ago, now - ago);
  writeFileSync(path, lines(0, 50));
  written(path, 60);
  follow([], [`${path}*`]);
  drain();
  model.stop();
  appendFileSync(path, lines(50, 100));
  packed(3);
  written(`${path}.3.gz`, 50);
  writeFileSync(path, lines(100, 200));
  packed(2);
  written(`${path}.2.gz`, 40);
  writeFileSync(path, lines(200, 300));
  rename(1);
  model.restart();
  drain();
  writeFileSync(path, lines(300, 400));
  drain();
  expect(numbers()).toEqual(upTo(400));
});

describe('copies that a pattern matches', () => {
  beforeEach(() => {
    writeFileSync(path, lines(0, 200));
    follow([], [`${path}*`]);
  });

  it('are not read when the truncation comes while nobody looks, for however long', () => {
    drain();
    copyFileSync(path, `${path}.1`);
    model.tail.poll();
    clock += 3_600_000;
    truncateSync(path, 0);
    drain();
    expect(numbers()).toEqual(upTo(200));
  });

  it('are not read when a kill comes between the copy and the truncation', () => {
    model.tail.poll();
    model.answerOf(path);
    copyFileSync(path, `${path}.1`);
    model.tail.poll();
    model.restart();
    model.tail.poll();
    truncateSync(path, 0);
    drain();
    expect(numbers()).toEqual(upTo(200));
  });

  it('are not read when they stand there packed as well at a start', () => {
    drain();
    copyFileSync(path, `${path}.1`);
    model.tail.poll();
    model.stop();
    truncateSync(path, 0);
    writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)));
    model.restart();
    drain();
    expect(numbers()).toEqual(upTo(200));
  });

  it.each([0, 1, 2])(
    'are not read for being looked at before their original, which is new: after %i looks',
    (looks) => {
      drain();
      copyTruncate(2);
      model.tail.poll();
      for (let i = 0; i < looks; i++) model.tail.poll();
      appendFileSync(path, lines(200, 300));
      copyFileSync(path, `${path}.1`);
      model.tail.poll();
      truncateSync(path, 0);
      writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)));
      drain();
      expect(numbers()).toEqual(upTo(300));
    },
  );
});

it('leaves alone what was rotated before it came, is known, excluded, or of another name', () => {
  const old = new Date(Date.now() - 3_600_000);
  writeFileSync(`${path}.1`, lines(1000, 1100));
  utimesSync(`${path}.1`, old, old);
  writeFileSync(path, lines(0, 100));
  follow([`${path}.7`]);
  drain();
  rename(2);
  writeFileSync(path, lines(100, 200));
  drain();
  // Long closed, and packed by something that gives it a new time.
  clock += 700_000;
  drain();
  expect(model.tail.stats.files).toBe(1);
  writeFileSync(`${path}.2.gz`, gzipSync(readFileSync(`${path}.2`)));
  unlinkSync(`${path}.2`);
  for (const name of ['app.log.7', 'app.log.lock', 'app-2.log', 'other.log.1'])
    writeFileSync(join(folder, name), lines(2000, 2010));
  model.checkpoint();
  model.stop();
  rename(3);
  writeFileSync(path, lines(200, 300));
  model.restart();
  drain();
  expect(numbers()).toEqual(upTo(300));
});
