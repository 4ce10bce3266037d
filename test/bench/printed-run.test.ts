import { expect, test } from 'vitest';
import { PrintedRuns } from '../../bench/process/printed-run.ts';

const line = (value: number) =>
  `heliograph-bench-result ${JSON.stringify({ results: [{ name: 'late', value, unit: 's' }] })}\n`;

test('of the runs that a benchmark prints the newest counts, however its output is cut', () => {
  const runs = new PrintedRuns();
  expect(runs.last).toBeNull();
  const text = `some words\n${line(1)}and more\n${line(2)}`;
  const found = [...text].map((letter) => (runs.take(letter) ? runs.last!.results[0]!.value : null));
  expect(found.filter((value) => value !== null)).toEqual([1, 2]);
  expect(runs.take(`${line(3)}${line(4)}heliograph-bench-result {`)).toBe(true);
  expect(runs.last!.results[0]!.value).toBe(4);
});

test('a marked line that is no run is refused', () => {
  expect(() => new PrintedRuns().take('heliograph-bench-result {"results":[{}]}\n')).toThrow('name');
});
