import { expect, test } from 'vitest';
import { RunView } from '../../../cli/simulate/view.ts';
import { emptyStats, type RunStats } from '../../../simulator/stats.ts';

/** After so many seconds, at 1,000 samples and 10 lines a second. */
function after(seconds: number): RunStats {
  const stats = { ...emptyStats(), connected: 7, samplesAcknowledged: seconds * 1000, linesAcknowledged: seconds * 10 };
  stats.latencies.add(5);
  return stats;
}

test('in a file there is a line every ten seconds, with rates', () => {
  let out = '';
  const view = new RunView(9, false, (text) => {
    out += text;
  });
  for (let second = 1; second <= 25; second++) view.progress(after(second), second * 1000, 'calm');
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /^simulate: 10 s, calm: 7\/9 hosts up, 1000 samples\/s, 10 lines\/s, acknowledged in 5\.0 ms/,
  );
});

test('a number of errors says which they are, in a file as on a terminal', () => {
  const stats = after(10);
  stats.errors.set('connect ECONNREFUSED 127.0.0.1:8883', 5).set('read ECONNRESET', 2);
  for (const terminal of [false, true]) {
    let out = '';
    new RunView(
      9,
      terminal,
      (text) => {
        out += text;
      },
      () => 400,
    ).progress(stats, 10_000, 'calm');
    expect(out).toMatch(/7(?: errors)?, most of them: connect ECONNREFUSED 127\.0\.0\.1:8883\n/);
  }
});

test('on a terminal the table stands in place of the one before, no wider than the terminal; remarks stay above it', () => {
  const written: string[] = [];
  const view = new RunView(
    9,
    true,
    (text) => written.push(text),
    () => 30,
  );
  view.progress(after(1), 1000, 'a phase with a name that is rather long');
  const height = written[0]!.split('\n').length - 1;
  expect(written[0]!.split('\n').every((line) => line.length < 30)).toBe(true);
  view.progress(after(2), 2000, 'calm');
  expect(written[1]!.startsWith(`\x1b[${height}A\x1b[J`)).toBe(true);
  view.say('something');
  expect(written[2]).toBe(`\x1b[${height}A\x1b[Jsimulate: something\n`);
  view.progress(after(3), 3000, 'calm');
  expect(written[3]!.startsWith('simulate: calm')).toBe(true);
});
