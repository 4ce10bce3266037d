import { expect, test } from 'vitest';
import { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import { Batch, type Label } from '../../../lib/ingest/batch.ts';
import { maskConfig } from '../../../lib/mask/mask-schema.ts';
import { nodeMaskStage } from '../../../lib/mask/node-masks.ts';
import { Registry } from '../../../lib/metrics.ts';

const NOW = 1.79e12;

function open(maxSeries: number) {
  const intake = new MetricIntake({
    times: { retentionMs: 1e9, futureMs: 1000 },
    mask: nodeMaskStage(maskConfig().parse({})),
    maxSeries,
    overCap: new Registry().counter('over_total', ''),
    limited: null,
  });
  return (...labels: (readonly Label[])[]) => {
    const batch = new Batch();
    for (const [i, one] of labels.entries()) batch.addValue(i, 'log_in', one, NOW + i, 1);
    const { rows } = intake.rows('shop', {}, batch, NOW);
    const series = rows.flatMap(({ page }) => page.series.map((one) => one.labels));
    return { series, rejected: batch.rejected.map(({ code }) => code) };
  };
}

test('a masked series has one place of the cap, whatever secrets it came with', () => {
  const take = open(2);
  for (const secret of ['aaaa', 'bbbb', 'cccc', 'dddd']) {
    expect(take([['password', secret]])).toEqual({ series: [[['password', '****']]], rejected: [] });
  }
  expect(take([['user', 'ann']]).rejected).toEqual([]);
  expect(take([['user', 'bob']]).rejected).toEqual(['HG_ITEM_SERIES_CAP']);
  expect(take([['password', 'eeee']]).rejected).toEqual([]);
});
