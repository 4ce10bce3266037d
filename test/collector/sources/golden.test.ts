import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectOnce } from '../../../collector/core/exposition.ts';
import { hostSources } from '../../../collector/core/sources/host-sources.ts';
import { timeSource } from '../../../collector/core/sources/time.ts';
import { fixtureHost } from './fixture-host.ts';

const HERE = join(import.meta.dirname, '..');

/**
 * The whole output over each tree. A change in it is a change for somebody's dashboard: look at it line by line before the file is renewed.
 * `fixtures` has something of every source; `large-server` is a new kernel on a large machine with odd names, processors that are off and
 * counters above 2^53; `old-kernel` is Linux 2.6.32, which has fewer columns and files.
 */
it.each(['fixtures', 'machines/large-server', 'machines/old-kernel'])(
  '%s: prints what node_exporter prints over the same tree',
  (tree) => {
    const sources = hostSources().map((source) => (source.name === 'time' ? timeSource(() => 120) : source));
    const root = join(HERE, tree);
    expect(collectOnce(fixtureHost(), root, sources)).toBe(readFileSync(join(root, 'expected.prom'), 'utf8'));
  },
);

it('gives only its own build and the time where there is no /proc at all, and no source fails', () => {
  const text = collectOnce(fixtureHost(), join(HERE, 'no-such-folder'));
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
