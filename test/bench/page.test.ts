import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GROUPS } from '../../bench/page/groups.ts';
import { pageOf, sectionsOfPage } from '../../bench/page/page.ts';
import { readSection } from '../../bench/page/read-section.ts';
import { didNotRun, sectionOf } from '../../bench/page/section.ts';
import { titleOf } from '../../bench/page/title.ts';

const MADE = {
  at: Date.UTC(2026, 10, 28),
  machine: '2 x Fast Processor, 4 GiB, Node 24.0.0',
  commit: 'abc1234',
  load: 0.34,
  settings: ['HELIOGRAPH_BENCH_HOSTS=7', 'HELIOGRAPH_BENCH_INTERVAL_MS=500'],
};
const RESULTS = [
  { name: 'rate', value: 1234.5, unit: 'samples/s', target: 1000 },
  { name: 'late', value: 0.51234, unit: 's', target: 0.5, note: 'a | b' },
  { name: 'a | bar', value: 0, unit: 's' },
  { name: 'nothing came', value: Number.NaN, unit: 's', target: 1 },
];
const TEXT = [
  '## one, 7 hosts',
  '',
  'Run on 2026-11-28: `npm run bench -- one --hosts=7 --interval-ms=500`. Commit: abc1234. Machine: 2 x Fast Processor, 4 GiB, Node 24.0.0; load 0.3 before it began.',
  '',
  '**Not good:** it leaks.',
  '',
  '| what | figure | target | note |',
  '| --- | ---: | --- | --- |',
  '| rate | 1235 samples/s | 1000 met |  |',
  '| late | 0.512 s | 0.5 **missed** | a \\| b |',
  '| a \\| bar | 0 s |  |  |',
  '| nothing came | none s | 1 **missed** |  |',
  '',
].join('\n');

test('a section names the day, the command, the commit and the machine, and what met its target; figures over time are not in it', () => {
  const series = Array.from({ length: 1_000 }, (_, at) => ({ at, memory: 1 }));
  expect(sectionOf('one', { results: RESULTS, wrong: ['it leaks'], series }, MADE)).toBe(TEXT);
});

test('a section is read back as it was written, also one that names its settings by their variables', () => {
  const read = readSection('one, 7 hosts', TEXT);
  expect(read).toMatchObject({ bench: 'one', day: '2026-11-28' });
  expect(Object.fromEntries(read.told)).toEqual({ hosts: '7', 'interval-ms': '500' });
  expect(read.rows).toEqual([
    { name: 'rate', value: 1235, unit: 'samples/s', figure: '1235 samples/s', target: 1000, met: true },
    { name: 'late', value: 0.512, unit: 's', figure: '0.512 s', target: 0.5, met: false },
    { name: 'a | bar', value: 0, unit: 's', figure: '0 s', target: null, met: null },
    { name: 'nothing came', value: Number.NaN, unit: 's', figure: 'none s', target: 1, met: false },
  ]);
  const older = TEXT.replace('npm run bench -- one --hosts=7', 'HELIOGRAPH_BENCH_HOSTS=7 npm run bench -- one');
  expect(readSection('one', older).told.get('hosts')).toBe('7');
});

test('what sets a run apart stands in its title, what does not does not', () => {
  const settings = ['SERIES=1000', 'HOSTS=7', 'STORE=sink', 'SECONDS=5', 'CURVE=1', 'INSTANTS=1', 'LOGS=20'];
  expect(
    titleOf(
      'one',
      settings.map((setting) => `HELIOGRAPH_BENCH_${setting}`),
    ),
  ).toBe('one, 7 hosts, 1000 series, 1 instant, 20 lines, sink, curve');
});

test('the contents say of each section how it came out; runs that are apart stand side by side, a new one takes the place of its older one', () => {
  const first = new Map([
    ['two', didNotRun('two')],
    ['one', sectionOf('one', { results: [] }, { ...MADE, settings: [] })],
    ['one, 7 hosts', sectionOf('one', { results: [] }, MADE)],
  ]);
  const page = pageOf(new Map([...sectionsOfPage(pageOf(first)), ['one, 7 hosts', TEXT]]));
  expect(page).toContain(
    '- More\n  - [one](#one): 2026-11-28\n  - [one, 7 hosts](#one-7-hosts): 2026-11-28, 1 of 3 targets met, not good\n  - [two](#two): did not run\n\n## one\n',
  );
  expect([...sectionsOfPage(page).keys()]).toEqual(['one', 'one, 7 hosts', 'two']);
  expect(pageOf(sectionsOfPage(page))).toBe(page);
});

test('the page of the project is as it is written, and every section names a machine', () => {
  const page = readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8');
  const sections = sectionsOfPage(page);
  expect(pageOf(sections)).toBe(page);
  for (const [name, text] of sections) expect(text, name).toMatch(/Machine: .+Node|Did not run/);
});

test('every benchmark has its place on the page', () => {
  const folder = new URL('../../bench/', import.meta.url);
  const runs = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /^export async function run\(/m.test(readFileSync(new URL(file, folder), 'utf8')))
    .map((file) => file.slice(0, -3));
  // It computes, and has a page of its own.
  const measuring = runs.filter((name) => name !== 'sizing');
  expect(GROUPS.flatMap(({ benches }) => benches).sort()).toEqual(measuring.sort());
});
