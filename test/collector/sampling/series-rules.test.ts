import { expect, it } from 'vitest';
import { relabelledSeries, SeriesRules } from '../../../collector/core/sampling/series-rules.ts';
import { SeriesTable } from '../../../collector/core/sampling/series-table.ts';
import { labelMap } from '../../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../../lib/relabel/node-relabeler.ts';
import type { Relabeler } from '../../../lib/relabel/relabeler.ts';
import { relabelRules } from '../../../lib/relabel/schema.ts';
import { encodePage } from '../../../proto/page.ts';

it('rules are asked once a series, not once a sample, and a dropped series takes no place under the cap', () => {
  const relabeler = nodeRelabeler(
    relabelRules('metrics').parse([{ source_labels: ['n'], regex: 'odd', action: 'drop' }]),
    'metrics',
  );
  let asked = 0;
  const counting = {
    rules: relabeler.rules,
    apply(labels) {
      asked++;
      return relabeler.apply(labels);
    },
  } as Relabeler;
  const rules = new SeriesRules(counting);
  const capped: string[] = [];
  const table = new SeriesTable({ labels: {}, limit: 1, onCapped: (metric) => capped.push(metric), rules });
  const odd = ['n', 'odd'];
  const even = ['n', 'even'];
  for (let i = 0; i < 10; i++) {
    table.begin();
    table.add('a', odd, i);
    table.add('a', even, i);
  }
  expect(asked).toBe(2);
  expect(capped).toEqual([]);
  expect(table.takeFresh().map(({ series, value }) => [series.labels, value])).toEqual([[[['n', 'even']], 9]]);
  const told: [string, number][] = [];
  rules.report((reason, samples) => told.push([reason, samples]));
  rules.report((reason, samples) => told.push([reason, samples]));
  expect(told).toEqual([['relabel', 10]]);
});

it('a label that becomes exported_... beside one that is called so is sent once, with the value that the rules set', () => {
  const rules = relabelRules('metrics').parse([{ regex: 'meta_(.*)', action: 'labelmap' }]);
  const labels = labelMap([
    ['__name__', 'a'],
    ['exported_instance', 'scraped'],
    ['meta_instance', 'set'],
  ]);
  nodeRelabeler(rules, 'metrics').apply(labels);
  const series = relabelledSeries(labels)!;
  expect(series.labels).toEqual([
    ['exported_instance', 'set'],
    ['meta_instance', 'set'],
  ]);
  expect(() => encodePage([series])).not.toThrow();
});
