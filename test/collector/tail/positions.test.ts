import { describe, expect, it } from 'vitest';
import {
  cutsAbove,
  type FilePosition,
  highestDone,
  LINE_CLASSES,
  type LineClass,
  Progress,
  type SpoolMark,
} from '../../../collector/core/tail/positions.ts';
import { seeded } from '../random.ts';

const FILE = { id: 'a', path: '/x', device: 1, inode: 2, fingerprint: 'f', fingerprintBytes: 10 };
const mark = (from: number, to: number, classes: LineClass[], of: LineClass, anchor = ''): SpoolMark => ({
  file: FILE,
  from,
  to,
  anchor,
  classes,
  class: of,
});
const position = (progress: Progress): FilePosition => progress.positions()[0]!;

it('a batch with all its records is done, one with a record missing is read again without what is there', () => {
  const progress = new Progress();
  progress.add(mark(0, 100, ['log', 'error'], 'log'));
  progress.add(mark(0, 100, ['log', 'error'], 'error'));
  expect(position(progress).offset).toBe(100);
  progress.add(mark(100, 200, ['log', 'error'], 'error'));
  progress.add(mark(200, 300, ['log'], 'log'));
  const { offset, done } = position(progress);
  expect(offset).toBe(100);
  expect([done.error.has(150), done.log.has(150), done.log.has(250), done.debug.has(299)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect([highestDone(done), cutsAbove(done, offset)]).toEqual([300, [200, 300]]);
});

it('a batch of which nothing is kept is done; what stands before the first byte wanted as well', () => {
  const progress = new Progress();
  progress.opened(FILE, 40);
  progress.add(mark(40, 90, [], 'log'));
  expect(position(progress).offset).toBe(90);
});

it('the longest fingerprint and the last name are kept, a closed file does not come back with an old record', () => {
  const progress = new Progress();
  progress.opened({ ...FILE, fingerprint: 'g', fingerprintBytes: 20, path: '/y' }, 0);
  progress.add(mark(0, 10, ['log'], 'log'));
  expect(position(progress).file.path).toBe('/y');
  progress.forget('a');
  const restarted = new Progress(progress.checkpoint());
  restarted.add(mark(10, 20, ['log'], 'log'));
  expect(restarted.positions()).toEqual([]);
});

it('closed files are kept for a while, not for ever', () => {
  const progress = new Progress();
  for (let i = 0; i < 1_000; i++) {
    progress.opened({ ...FILE, id: `f${i}` }, 0);
    progress.forget(`f${i}`);
  }
  expect(progress.size).toBe(256);
  expect(progress.checkpoint().files.at(-1)!.file.id).toBe('f999');
});

it('places that can be proven stay few, the near ones dense', () => {
  const progress = new Progress();
  for (let i = 0; i < 500; i++) progress.add(mark(i * 10, i * 10 + 10, ['log'], 'log', `h${i}`));
  const { anchors } = position(progress);
  expect(anchors.length).toBeLessThanOrEqual(16);
  expect(anchors.slice(-4).map(([offset]) => offset)).toEqual([4970, 4980, 4990, 5000]);
  expect(anchors.every(([offset], i) => i === 0 || offset > anchors[i - 1]![0])).toBe(true);
});

describe('whatever a crash keeps', () => {
  it('each line is either in a kept record or read again, and never both', () => {
    for (let seed = 0; seed < 3_000; seed++) {
      const random = seeded(seed);
      // Lines of random length and class, in batches, each batch as one record a class.
      const lines: { at: number; of: LineClass }[] = [];
      const records: SpoolMark[] = [];
      let at = 0;
      for (let batch = random(12); batch > 0; batch--) {
        const from = at;
        const own: { at: number; of: LineClass }[] = [];
        for (let n = 1 + random(6); n > 0; n--) {
          own.push({ at, of: LINE_CLASSES[random(3)]! });
          at += 1 + random(30);
        }
        const classes = LINE_CLASSES.filter((name) => own.some((line) => line.of === name));
        for (const name of classes) records.push(mark(from, at, classes, name));
        lines.push(...own);
      }
      // A checkpoint over some of the first records, which may then be gone; of the others, some are kept, in any order.
      const before = new Progress();
      const covered = records.slice(0, random(records.length + 1));
      for (const record of covered) before.add(record);
      const survivors = records.filter((record) => (covered.includes(record) ? random(2) === 0 : random(3) > 0));
      survivors.sort(() => random(3) - 1);
      const progress = new Progress(JSON.parse(JSON.stringify(before.checkpoint())));
      for (const record of survivors) progress.add(record);
      const kept = new Set([...covered, ...survivors]);
      const { offset, done } = progress.positions()[0] ?? { offset: 0, done: null };
      for (const line of lines) {
        const inRecord = [...kept].some(
          (record) => record.class === line.of && record.from <= line.at && line.at < record.to,
        );
        const readAgain = line.at >= offset && done?.[line.of].has(line.at) !== true;
        expect([seed, line.at, inRecord]).toEqual([seed, line.at, !readAgain]);
      }
    }
  });
});
