import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rowsOf } from '../../cli/docs/metrics-page.ts';
import { loadRuleFile } from '../../core/alerts/rules/file.ts';
import { watchAsCore, watchFile } from '../../core/watch/watch-file.ts';
import { loadConfig } from '../../lib/config/load.ts';

const rows = new Map(rowsOf(readFileSync('docs/metrics.md', 'utf8')).map((row) => [row.name, row]));

test('the rules that come with a watch are good ones, over figures that there are', () => {
  const rules = loadRuleFile('deploy/watch/rules.yaml').flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(10);
  for (const rule of rules) {
    const names = [...rule.expr.matchAll(/heliograph_\w+/g)].map(([name]) => name);
    expect(names.length, rule.expr).toBeGreaterThan(0);
    for (const name of names) {
      const row = rows.get(name.replace(/_bucket$/, ''));
      expect(row, name).toBeDefined();
      expect(name.endsWith('_bucket'), name).toBe(row!.type === 'histogram');
    }
  }
});

test('the example of a watch is a good configuration, and has these rules', () => {
  const { alerts, ingest, push } = watchAsCore(loadConfig('deploy/watch/watch.yaml', watchFile));
  expect(alerts.rules.files).toEqual([expect.stringMatching(/deploy\/watch\/rules\.yaml$/)]);
  expect(ingest.listen).toBe(false);
  expect(push).toMatchObject({ listen: { host: '0.0.0.0', port: 9480 }, tls: { cert: '/etc/heliograph/watch.pem' } });
});
