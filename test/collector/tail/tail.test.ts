import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LineBatch, TailOptions } from '../../../collector/core/tail/contract.ts';
import { compilePattern, expandPattern } from '../../../collector/core/tail/glob.ts';
import { LINE_OPEN, LINE_SPLIT } from '../../../collector/core/tail/lines.ts';
import { type FilePosition, Progress } from '../../../collector/core/tail/positions.ts';
import { Tail } from '../../../collector/core/tail/tail.ts';
import { nodeFiles } from '../../../collector/node/files.ts';
import { createNodeHost } from '../../../collector/node/host.ts';

let folder: string;
let clock = 0;
const tails: Tail[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tail-'));
  clock = 0;
});
afterEach(() => {
  for (const tail of tails.splice(0)) tail.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Got {
  tail: Tail;
  lines: string[];
  batches: LineBatch[];
  answers: (() => void)[];
  flags: number[];
  progress: Progress;
}

/** A tail of one pattern in the folder that keeps what it is given; `hold` answers nothing by itself. */
function follow(
  pattern: string,
  options: Partial<TailOptions> & { hold?: boolean; at?: readonly FilePosition[] } = {},
): Got {
  const got = { lines: [], batches: [], answers: [], flags: [], progress: new Progress() } as unknown as Got;
  const host = createNodeHost({ mono: () => clock, log: () => undefined });
  got.tail = new Tail(
    host,
    { paths: [join(folder, pattern)], ...options },
    {
      take(batch, answer) {
        got.batches.push({ ...batch });
        for (let i = 0; i < batch.count; i++) {
          got.lines.push(host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!));
          got.flags.push(batch.flags[i]!);
        }
        got.progress.add({ ...batch, classes: [], class: 'log' });
        if (options.hold === true) got.answers.push(answer);
        else answer();
      },
      opened: (file, offset) => got.progress.opened(file, offset),
      closed: (file) => got.progress.forget(file.id),
    },
    options.at,
  );
  tails.push(got.tail);
  return got;
}

const file = (name: string): string => join(folder, name);
const drain = (got: Got): void => {
  while (got.tail.poll()) clock++;
};

it('gives whole lines: empty ones, CR LF, NUL bytes; the last waits for its newline', () => {
  writeFileSync(file('a.log'), 'one\n\ntwo\r\n\r\nth\u0000ree\nhal');
  const got = follow('a.log');
  drain(got);
  expect(got.lines).toEqual(['one', '', 'two', '', 'th\u0000ree']);
  appendFileSync(file('a.log'), 'f\n');
  drain(got);
  expect(got.lines.slice(5)).toEqual(['half']);
  expect(got.tail.stats).toMatchObject({ lines: 6, pendingBytes: 0, truncations: 0 });
});

it('a last line without newline is taken after the idle time, and not before', () => {
  writeFileSync(file('a.log'), 'one\nhalf');
  const got = follow('a.log', { idleFlushMs: 1_000 });
  drain(got);
  clock += 990;
  got.tail.poll();
  expect(got.lines).toEqual(['one']);
  clock += 20;
  drain(got);
  expect([got.lines, got.flags]).toEqual([
    ['one', 'half'],
    [0, LINE_OPEN],
  ]);
  appendFileSync(file('a.log'), ' more\n');
  drain(got);
  expect(got.lines[2]).toBe(' more');
});

it('a line cut by the idle time is cut in the same place when it is read again', () => {
  writeFileSync(file('a.log'), 'ERROR one\n');
  const first = follow('a.log', { idleFlushMs: 100 });
  drain(first);
  appendFileSync(file('a.log'), 'ERROR ha');
  drain(first);
  clock += 200;
  drain(first);
  appendFileSync(file('a.log'), 'lf\n');
  drain(first);
  expect(first.lines).toEqual(['ERROR one', 'ERROR ha', 'lf']);
  // The record of the middle batch was lost in the crash, the one after it was not.
  const progress = new Progress();
  const [one, middle, last] = first.batches;
  progress.add({ ...one!, classes: ['error'], class: 'error' });
  progress.add({ ...last!, classes: ['log'], class: 'log' });
  expect(middle!.to).toBe(last!.from);
  const second = follow('a.log', { at: progress.positions() });
  drain(second);
  expect(second.lines).toEqual(['ERROR ha', 'lf']);
  expect(second.batches[0]!.done!.error.has(middle!.from)).toBe(false);
  expect(second.batches[1]!.done!.log.has(last!.from)).toBe(true);
});

it('a line of ten megabytes comes in flagged pieces, every byte of it, in bounded batches', () => {
  const long = 'x'.repeat(10_000_000);
  writeFileSync(file('a.log'), `before\n${long}\nafter\n`);
  const got = follow('a.log');
  drain(got);
  expect([got.lines[0], got.lines.at(-1)]).toEqual(['before', 'after']);
  expect(got.lines.slice(1, -1).join('')).toBe(long);
  expect(got.flags.slice(1, -1).every((flags) => flags === LINE_SPLIT)).toBe(true);
  expect(Math.max(...got.lines.map((line) => line.length))).toBe(256 * 1024);
  expect(Math.max(...got.batches.map((batch) => batch.bytes.length))).toBeLessThanOrEqual(512 * 1024);
});

it('one batch of a file is out at a time, and no more buffers than allowed', () => {
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(file(`${name}.log`), `${name.repeat(60)}\n`.repeat(100));
  const got = follow('*.log', { hold: true, buffers: 2, batchBytes: 1_000, maxLineBytes: 500 });
  for (let i = 0; i < 10; i++) got.tail.poll();
  expect(got.answers.length).toBe(2);
  got.answers[0]!();
  got.answers[0]!();
  for (let i = 0; i < 10; i++) got.tail.poll();
  expect(got.answers.length).toBe(3);
  expect(got.tail.stats.pendingBytes).toBeGreaterThan(20_000);
  for (let next = 1; got.lines.length < 400; next++) {
    got.answers[next]!();
    got.tail.poll();
    got.tail.poll();
  }
  expect(new Set(got.lines.map((line) => line[0])).size).toBe(4);
});

it('a renamed file is read to its end whatever the time, then closed', () => {
  writeFileSync(file('a.log'), 'one\n');
  const got = follow('a.log', { detachedIdleMs: 1_000 });
  drain(got);
  renameSync(file('a.log'), file('a.log.1'));
  writeFileSync(file('a.log'), 'two\n');
  drain(got);
  clock += 900;
  appendFileSync(file('a.log.1'), 'late\n');
  drain(got);
  clock += 900;
  drain(got);
  expect(got.tail.stats.detached).toBe(1);
  clock += 200;
  drain(got);
  drain(got);
  expect(got.lines).toEqual(['one', 'two', 'late']);
  expect(got.tail.stats).toMatchObject({ files: 1, detached: 0 });
  expect(got.progress.positions().length).toBe(1);
});

it('a file that was rewritten to more than was read is seen by its bytes', () => {
  writeFileSync(file('a.log'), 'old one\nold two\n');
  const got = follow('a.log');
  drain(got);
  writeFileSync(file('a.log'), 'new one is longer\nnew two\nnew three\n');
  clock += 10;
  drain(got);
  expect(got.lines.slice(2)).toEqual(['new one is longer', 'new two', 'new three']);
  expect(got.tail.stats.truncations).toBe(1);
});

it('unread bytes of a truncated file without a copy are counted as lost, and said', () => {
  writeFileSync(file('a.log'), `${'x'.repeat(99)}\n`.repeat(10));
  const got = follow('a.log', { hold: true, batchBytes: 500, maxLineBytes: 200 });
  got.tail.poll();
  truncateSync(file('a.log'), 0);
  got.tail.poll();
  expect(got.tail.stats).toMatchObject({ truncations: 1, lostBytes: 500 });
});

it('an end that a power cut took away is not waited for, and nothing before it is read twice', () => {
  writeFileSync(file('a.log'), 'one\n');
  const first = follow('a.log');
  drain(first);
  appendFileSync(file('a.log'), 'two\n');
  drain(first);
  first.tail.stop();
  truncateSync(file('a.log'), 4);
  appendFileSync(file('a.log'), 'new\n');
  truncateSync(file('a.log'), 7);
  const second = follow('a.log', { at: first.progress.positions() });
  drain(second);
  appendFileSync(file('a.log'), '\n');
  drain(second);
  expect(second.lines).toEqual(['new']);
});

it('from the end at the first start, from the beginning for what comes later', () => {
  writeFileSync(file('a.log'), 'old\n');
  const got = follow('*.log', { startAt: 'end' });
  drain(got);
  writeFileSync(file('b.log'), 'b\n');
  appendFileSync(file('a.log'), 'new\n');
  drain(got);
  expect(got.lines.sort()).toEqual(['b', 'new']);
  expect(
    got.progress
      .positions()
      .map((position) => position.offset)
      .sort(),
  ).toEqual([2, 8]);
});

it('what cannot be opened and what is too much is counted, the rest is read', () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(file(`${name}.log`), `${name}\n`);
  mkdirSync(file('d.log'));
  writeFileSync(file('e.log.gz'), 'z\n');
  writeFileSync(file('skip.log'), 's\n');
  const got = follow('*.log*', { maxFiles: 2, exclude: [join(folder, 'skip*')] });
  drain(got);
  expect(got.lines).toEqual(['a', 'b']);
  expect(got.tail.stats.refused).toBeGreaterThan(0);
});

it('polls by itself, and at once when a batch is answered', async () => {
  writeFileSync(file('a.log'), 'x\n'.repeat(5_000));
  const host = createNodeHost({ log: () => undefined });
  let lines = 0;
  const done = new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`only ${lines} lines`)), 10_000);
    const consumer = {
      take(batch: LineBatch, answer: () => void) {
        lines += batch.count;
        setImmediate(answer);
        if (lines < 10_000) return;
        clearTimeout(deadline);
        resolve();
      },
      opened: () => undefined,
      closed: () => undefined,
    };
    const tail = new Tail(host, { paths: [file('a.log')], pollMs: 20, batchBytes: 300, maxLineBytes: 100 }, consumer);
    tails.push(tail);
    tail.start();
    setTimeout(() => appendFileSync(file('a.log'), 'y\n'.repeat(5_000)), 50);
  });
  await done;
  expect(lines).toBe(10_000);
});

it('patterns', () => {
  for (const path of ['a/b/c', 'a/.hidden', 'x1']) mkdirSync(file(path), { recursive: true });
  for (const path of ['a/1.log', 'a/b/2.log', 'a/b/c/3.log', 'a/.hidden/4.log', 'x1/5.log', 'a/.6.log', 'a/7.txt'])
    writeFileSync(file(path), '');
  symlinkSync(file('a'), file('a/b/loop'));
  const found = (pattern: string): string[] => {
    const paths: string[] = [];
    expandPattern(
      nodeFiles,
      compilePattern(join(folder, pattern)),
      (path) => void paths.push(path.slice(folder.length + 1)),
    );
    return paths.sort();
  };
  expect(found('a/*.log')).toEqual(['a/1.log']);
  expect(found('**/*.log')).toEqual(['a/1.log', 'a/b/2.log', 'a/b/c/3.log', 'x1/5.log']);
  expect(found('a/**/?.log')).toEqual(['a/1.log', 'a/b/2.log', 'a/b/c/3.log']);
  expect(found('x?/5.*')).toEqual(['x1/5.log']);
  expect(found('a/.*.log')).toEqual(['a/.6.log']);
  expect(found('a/7.txt')).toEqual(['a/7.txt']);
  expect(found('nothing/*/x')).toEqual([]);
});
