import { expect, test } from 'vitest';
import { MetricIntake } from '../../../lib/doors/metric-intake.ts';
import { Batch, type Label } from '../../../lib/ingest/batch.ts';
import { maskConfig } from '../../../lib/mask/mask-schema.ts';
import { nodeMaskStage } from '../../../lib/mask/node-masks.ts';
import { Registry } from '../../../lib/metrics.ts';

const NOW = 1.79e12;

function open(maxSeries: number, metric = 'log_in') {
  const intake = new MetricIntake({
    times: { retentionMs: 1e9, futureMs: 1000 },
    mask: nodeMaskStage(maskConfig().parse({})),
    maxSeries,
    overCap: new Registry().counter('over_total', ''),
    limited: null,
  });
  return (...labels: (readonly Label[])[]) => {
    const batch = new Batch();
    for (const [i, one] of labels.entries()) batch.addValue(i, metric, one, NOW + i, 1);
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

test('the name of a secret in Kubernetes is none, and stays where the metric says so and it may be one', () => {
  const shown = (metric: string, value: string, label = 'secret') =>
    open(9, metric)([[label, value]]).series[0]![0]![1];
  for (const metric of ['kube_secret_info', 'kube_secret_metadata_resource_version', 'kube_ingress_tls']) {
    for (const name of ['db', 'sh.helm.release.v1.web.v3', 'default-token-x7k2p']) {
      expect(shown(metric, name), metric).toBe(name);
    }
  }
  const both = open(9, 'kube_secret_type')([['secret', 'shop-db']], [['secret', 'shop-tls']]);
  expect(both.series).toHaveLength(2);
  for (const value of [
    'Hunter2',
    'a_b',
    '-a',
    'a..b',
    'a.',
    'two words',
    'a'.repeat(254),
    `glpat-${'a1'.repeat(10)}`,
  ]) {
    expect(shown('kube_secret_info', value), value).toContain('*'.repeat(2));
  }
  expect(shown('kube_secret_labels', 'hunter2', 'label_password')).toBe('*******');
  expect(shown('kube_secret_info', 'hunter2', 'client_secret')).toBe('*******');
  for (const metric of ['log_in', 'kube_pod_info', 'my_kube_secret_info', 'kube_secret']) {
    expect(shown(metric, 'hunter2'), metric).toBe('*******');
  }
});
