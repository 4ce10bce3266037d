import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectOnce } from '../../../collector/core/exposition.ts';
import { hostSources } from '../../../collector/core/sources/host-sources.ts';
import { timeSource } from '../../../collector/core/sources/time.ts';
import { fixtureHost } from './fixture-host.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

/** The whole output over the fixture tree. A change in it is a change for somebody's dashboard: look at it line by line before the file is renewed. */
it('prints what node_exporter prints over the same tree', () => {
  const sources = hostSources().map((source) => (source.name === 'time' ? timeSource(() => 120) : source));
  expect(collectOnce(fixtureHost(), FIXTURES, sources)).toBe(readFileSync(join(FIXTURES, 'expected.prom'), 'utf8'));
});

it('gives only its own build and the time where there is no /proc at all, and no source fails', () => {
  const text = collectOnce(fixtureHost(), join(FIXTURES, 'no-such-folder'));
  expect(text).not.toMatch(/node_scrape_collector_success\{collector="\w+"\} 0/);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
  expect(names).toEqual([
    'heliograph_collector_build_info',
    'node_scrape_collector_duration_seconds',
    'node_scrape_collector_success',
    'node_time_seconds',
    'node_time_zone_offset_seconds',
  ]);
});
