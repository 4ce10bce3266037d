import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metricFamilies } from '../../cli/docs/metric-families.ts';
import { labelNames, metricsPage, rowsOf, UNWRITTEN } from '../../cli/docs/metrics-page.ts';

const page = readFileSync('docs/metrics.md', 'utf8');
const rows = rowsOf(page);

test('docs/metrics.md has what the source registers, by name, type and meaning; "npm run docs" makes it anew', () => {
  expect(page).toBe(metricsPage('.', page));
});

test('each row says which labels there are: a new one gets a "?" to be replaced', () => {
  expect(rows.filter(({ labels }) => labels === UNWRITTEN).map(({ name }) => name)).toEqual([]);
  for (const row of rows) {
    expect(
      labelNames(row)
        .map((name) => `\`${name}\``)
        .join(', '),
      row.name,
    ).toBe(row.labels);
  }
});

test('no name stands twice, and the name of a counter says so', () => {
  expect(rows.filter(({ name }, at) => rows.findIndex((row) => row.name === name) !== at)).toEqual([]);
  const counters = rows.filter(({ type }) => type === 'counter').map(({ name }) => name);
  expect(counters.filter((name) => !/_(total|sum|count)$/.test(name))).toEqual([]);
});

test('the source is read in every way that families are registered', () => {
  const families = new Map(metricFamilies('.').map((family) => [family.name, family]));
  // By name, by a helper with a prefix, by a helper with whole names, by a maker of names, for two tiers, over a field.
  for (const [name, type, file] of [
    ['heliograph_core_http_requests_total', 'counter', 'core/api/server.ts'],
    ['heliograph_relay_rules_hosts_down', 'gauge', 'relay/rules/metrics.ts'],
    ['heliograph_core_sent_to_searchable_seconds', 'histogram', 'core/freshness/freshness.ts'],
    ['heliograph_core_log_store_commit_seconds', 'histogram', 'core/logs/open.ts'],
    ['heliograph_relay_series_new_hour', 'gauge', 'lib/limits/limit-metrics.ts'],
    ['heliograph_core_door_series_new_hour', 'gauge', 'lib/limits/limit-metrics.ts'],
    ['heliograph_relay_rollup_rules_refused', 'gauge', 'lib/config/rules-file.ts'],
  ] as const) {
    expect(families.get(name), name).toMatchObject({ type, at: expect.stringContaining(file) });
  }
});

test('the table of the collector names what its source tells, and nothing else', () => {
  const source = readdirSync('collector', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join('collector', file), 'utf8'));
  const told = new Set<string>();
  for (const text of source) {
    for (const [, name] of text.matchAll(/\badd\('heliograph_collector_(\w+)'/g)) told.add(name!);
    if (text.includes('SELF_PREFIX')) for (const [, name] of text.matchAll(/\badd\(context, '(\w+)'/g)) told.add(name!);
    for (const [, name] of text.matchAll(/yield \{ name: '(\w+)', labels: /g)) told.add(name!);
    for (const [, body] of text.matchAll(/(?:\bfigures\(\)[^{\n]*\{|\bplain: \{)\n([\s\S]*?)\n {2}\}/g)) {
      for (const [, name] of body!.matchAll(/(?:^\s+|\{ |, )([a-z][a-z0-9_]*): /gm)) told.add(name!);
    }
  }
  const documented = rows.flatMap(({ name }) => /^heliograph_collector_(\w+)/.exec(name)?.[1] ?? []);
  expect(documented.toSorted()).toEqual([...told].toSorted());
});
