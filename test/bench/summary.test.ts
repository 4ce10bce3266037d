import { expect, test } from 'vitest';
import { readSection, type Section } from '../../bench/page/read-section.ts';
import { sectionOf } from '../../bench/page/section.ts';
import { summaryOf } from '../../bench/page/summary.ts';
import { TARGETS } from '../../bench/page/targets.ts';
import { titleOf } from '../../bench/page/title.ts';

function section(
  name: string,
  settings: readonly string[],
  figures: Readonly<Record<string, number>>,
  targets: Readonly<Record<string, number>> = {},
): Section {
  const variables = settings.map((setting) => `HELIOGRAPH_BENCH_${setting}`);
  const results = Object.entries(figures).map(([what, value]) => ({
    name: what,
    value,
    unit: 's',
    target: targets[what],
  }));
  const made = { at: Date.UTC(2026, 10, 28), machine: 'a', commit: null, load: 0, settings: variables };
  return readSection(titleOf(name, variables), sectionOf(name, { results }, made));
}

function lines(sections: readonly Section[], what: string): string[] {
  return summaryOf(sections)
    .split('\n')
    .filter((line) => line.startsWith(`| ${what} |`));
}

test('what was not run says which command does it', () => {
  expect(lines([], 'all back and current')).toEqual([
    '| all back and current | <= 30 | | not run | `npm run bench -- storm --hosts=10000` |',
  ]);
});

test('a figure stands beside its target with a verdict and a link to the run', () => {
  const storm = (seconds: number) =>
    section('storm', ['HOSTS=10000'], { 'storm: everybody back and current, after kill -9': seconds });
  expect(lines([storm(29)], 'all back and current')).toEqual([
    '| all back and current | <= 30 | 29.0 s | met | [storm](#storm-10000-hosts), 2026-11-28 |',
  ]);
  expect(lines([storm(31)], 'all back and current')[0]).toContain('| **missed** |');
});

test('a figure that misses its target by less than is shown misses it all the same', () => {
  const name = 'storm: everybody back and current, after kill -9';
  const storm = section('storm', ['HOSTS=10000'], { [name]: 30.04 }, { [name]: 30 });
  expect(lines([storm], 'all back and current')[0]).toContain('| 30.0 s | **missed** |');
});

test('a run of many instants a frame, or each second, says nothing of one instant each ten seconds', () => {
  const run = (more: readonly string[]) =>
    section('end-to-end', ['HOSTS=1000', 'SERIES=1000', ...more], {
      'sent to queryable, by queries, p99': 1,
    });
  const few = ['INSTANTS=1', 'INTERVAL_MS=10000'];
  expect(lines([run(few)], 'sent to queryable, by queries')[0]).toContain('1.00 s');
  for (const other of [[], ['INSTANTS=10', 'INTERVAL_MS=10000'], ['INSTANTS=1']]) {
    expect(lines([run(other)], 'sent to queryable, by queries')[0]).toContain('not run');
  }
});

test('where the table names no target the run has one, or it is told only', () => {
  const soak = (grew: number, seconds = 3_600) =>
    section(
      'soak',
      [`SECONDS=${seconds}`],
      {
        'relay: memory: grew in the second half by at least': 1,
        'core: memory: grew in the second half by at least': grew,
      },
      {
        'relay: memory: grew in the second half by at least': 24,
        'core: memory: grew in the second half by at least': 24,
      },
    );
  expect(lines([soak(2)], 'memory')).toEqual([
    '| memory | <= 24 | relay: 1.00; core: 2.00 s | met | [soak](#soak), 2026-11-28 |',
  ]);
  expect(lines([soak(25)], 'memory')[0]).toContain('| **missed** |');
  // Who did not run for an hour does not say what an hour does, and does not take the place of who did.
  expect(lines([soak(2, 60)], 'memory')[0]).toContain('| met, in a smaller run |');
  expect(lines([soak(25, 60), soak(2), soak(25, 60)], 'memory')[0]).toContain('| met |');
  const peers = summaryOf([section('peers', [], { 'relay beside mosquitto': 3 })]);
  expect(peers).toContain(
    '| relay beside mosquitto (no disk, nothing forwarded) |  | 3.00 s |  | [peers](#peers), 2026-11-28 |',
  );
});

test('a run of few hosts is not one of ten thousand; of several the one of most hosts counts, and a sink is no store', () => {
  const run = (hosts: number, store: string, rate: number) =>
    section('end-to-end', [`HOSTS=${hosts}`, `STORE=${store}`], { 'relay to core, payload': rate });
  const few = run(500, 'victoriametrics', 1);
  expect(lines([few], 'relay to core, payload')[0]).toContain('not run');
  const all = [
    few,
    run(20_000, 'sink', 2),
    run(10_000, 'victoriametrics', 0.3),
    run(12_000, 'victoriametrics-zstd', 0.4),
  ];
  expect(lines(all, 'relay to core, payload')[0]).toContain('| 0.400 s | met |');
});

test('a benchmark that was told no number of hosts has its usual one', () => {
  const flood = (settings: readonly string[], lost: number) => section('log-flood', settings, { 'lines lost': lost });
  const all = [flood(['HOSTS=50', 'SECONDS=120'], 7), flood(['SECONDS=120'], 0)];
  expect(lines(all, 'lost')[0]).toContain('| 0 s | met |');
});

test('the commands name benchmarks, and no figure is asked for twice', () => {
  for (const { part, targets } of TARGETS) {
    expect(new Set(targets.map(({ what }) => what)).size, part).toBe(targets.length);
    for (const { command } of targets) expect(command).toMatch(/^npm run bench -- [a-z-]+( --[a-z-]+=\S+)*$/);
  }
});
