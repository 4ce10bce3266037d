import {
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
import { afterEach, beforeEach, expect, it } from 'vitest';
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
const follow = (exclude: string[] = []): void => {
  model = new SpoolModel(host, { paths: [path], exclude, idleFlushMs: 1e9 }, seeded(1));
};
const drain = (): void => {
  for (let i = 0; i < 20; i++) {
    clock += 100;
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
