import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pageOf, sectionsOfPage } from '../../bench/page/page.ts';
import { didNotRun, sectionOf } from '../../bench/page/section.ts';

const MADE = {
  at: Date.UTC(2026, 10, 28),
  machine: '2 x Fast Processor, 4 GiB, Node 24.0.0',
  load: 0.34,
  settings: ['HELIOGRAPH_BENCH_HOSTS=7'],
};
const RESULTS = [
  { name: 'rate', value: 1234.5, unit: 'samples/s', target: 1000 },
  { name: 'late', value: 0.51234, unit: 's', target: 0.5, note: 'a | b' },
  { name: 'plain', value: 0, unit: 's' },
];

test('a section names the day, the command and the machine, and what met its target', () => {
  expect(sectionOf('one', { results: RESULTS, wrong: ['it leaks'] }, MADE)).toBe(
    [
      '## one',
      '',
      'Run on 2026-11-28: `HELIOGRAPH_BENCH_HOSTS=7 npm run bench -- one`. Machine: 2 x Fast Processor, 4 GiB, Node 24.0.0; load 0.3 before it began.',
      '',
      '**Not good:** it leaks.',
      '',
      '| what | figure | target | note |',
      '| --- | ---: | --- | --- |',
      '| rate | 1235 samples/s | 1000 met |  |',
      '| late | 0.512 s | 0.5 **missed** | a \\| b |',
      '| plain | 0 s |  |  |',
      '',
    ].join('\n'),
  );
});

test('the contents say of each section how it came out; a new run takes the place of the older one', () => {
  const first = new Map([
    ['two', didNotRun('two')],
    ['one', sectionOf('one', { results: [] }, MADE)],
  ]);
  const second = sectionOf('one', { results: RESULTS, wrong: ['it leaks'] }, MADE);
  const page = pageOf(new Map([...sectionsOfPage(pageOf(first)), ['one', second]]));
  expect(page).toContain(
    '- [one](#one): 2026-11-28, 1 of 2 targets met, not good\n- [two](#two): did not run\n\n## one\n',
  );
  expect([...sectionsOfPage(page).keys()]).toEqual(['one', 'two']);
  expect(pageOf(sectionsOfPage(page))).toBe(page);
});

test('the page of the project is as it is written, and every section names a machine', () => {
  const page = readFileSync(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8');
  const sections = sectionsOfPage(page);
  expect(pageOf(sections)).toBe(page);
  for (const [name, text] of sections) expect(text, name).toMatch(/Machine: .+Node|Did not run/);
});
