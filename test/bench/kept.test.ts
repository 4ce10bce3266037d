import { expect, test } from 'vitest';
import { readKept, readRun } from '../../bench/page/kept.ts';
import { sectionOf } from '../../bench/page/section.ts';
import { putRuns } from '../../bench/page/write.ts';

const run = (at: number, value: number | null) => ({
  name: 'one',
  at,
  machine: '2 x Processor, 4 GiB, Node 24',
  load: 1,
  settings: [],
  results: [{ name: 'late', value, unit: 's', target: 1 }],
  series: [{ 'at, s': 1, late: null }],
});

test('kept runs come the oldest first; one from before commits were kept has none', () => {
  const kept = readKept(JSON.stringify([run(2, 0.5), { ...run(1, 0.5), commit: 'abc1234' }]));
  expect(kept.map(({ at, commit }) => [at, commit])).toEqual([
    [1, 'abc1234'],
    [2, null],
  ]);
});

test('a figure that is no number, which JSON does not have, is none and misses its target', () => {
  const [kept] = readKept(JSON.stringify([run(1, Number.NaN)]));
  expect(sectionOf('one', kept!, kept!)).toContain('| late | none s | 1 **missed** |  |');
  expect(readRun(JSON.stringify({ results: run(1, Number.NaN).results })).results[0]!.value).toBeNaN();
});

test('what is not a kept run is refused', () => {
  expect(() => readKept('{}')).toThrow('expected array');
  expect(() => readKept('[{"name":"one"}]')).toThrow('results');
  expect(() => readRun('[]')).toThrow('expected object');
});

test('a run of before does not take the place of a newer one on the page', () => {
  const day = (number: number, value: number) => readKept(JSON.stringify([run(Date.UTC(2026, 10, number), value)]));
  const sections = new Map<string, string>();
  expect(putRuns(sections, day(20, 0.5))).toEqual([]);
  expect(putRuns(sections, day(28, 0.25))).toEqual([]);
  expect(putRuns(sections, day(27, 0.75))).toEqual(['one']);
  expect(sections.get('one')).toContain('| late | 0.250 s |');
  expect(putRuns(sections, day(28, 0.5))).toEqual([]);
  expect(sections.get('one')).toContain('| late | 0.500 s |');
});
