import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FromRules } from '../../../relay/rules/link.ts';
import { loadAlertingRules } from '../../../relay/rules/rules.ts';
import { SampleFeed } from '../../../relay/rules/sample-feed.ts';

test('what was on the way to a process that ended counts as lost, and what it has taken as sent', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-feed-'));
  const file = join(directory, 'rules.yaml');
  writeFileSync(file, 'groups: [{name: g, rules: [{alert: A, expr: hits > 1}]}]');
  const sent: FromRules[] = [];
  const feed = new SampleFeed({ site: 'north', boot: 'b', send: (message) => void sent.push(message) });
  feed.setRules(loadAlertingRules(file));
  rmSync(directory, { recursive: true });
  const page = { hash: 'p', series: [{ name: 'hits', labels: [] }] };
  const take = (count: number) => {
    const times = Float64Array.from({ length: count }, (_, i) => i);
    feed.take('h', { page, times, values: new Float64Array(count), present: null });
  };
  take(1);
  feed.hear({ kind: 'evaluator', life: 1 });
  take(2);
  feed.read(10);
  take(4);
  feed.read(20);
  feed.hear({ kind: 'taken', boot: 'b', number: 1 });
  take(8);
  // Two messages left, of which one was taken; the last was not sent yet.
  expect(sent).toHaveLength(2);
  expect(feed.counts).toEqual({ sent: 14, no_evaluator: 1, late: 0, lost: 0 });
  feed.hear({ kind: 'evaluator', life: null });
  expect(feed.counts).toEqual({ sent: 2, no_evaluator: 1, late: 0, lost: 12 });
  feed.hear({ kind: 'evaluator', life: 2 });
  take(16);
  feed.read(30);
  expect(feed.counts).toEqual({ sent: 18, no_evaluator: 1, late: 0, lost: 12 });
});
