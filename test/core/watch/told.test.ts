import { expect, test } from 'vitest';
import { Registry } from '../../../lib/metrics.ts';
import { toldPage } from '../../../lib/watch/told-page.ts';

test('a page of metrics is told with its labels, whatever stands in them, without times, and with values that JSON has no word for', () => {
  const metrics = new Registry();
  metrics.counter('a_total', 'A.').inc({ path: 'C:\\x "y"\nz' }, 3);
  metrics.histogram('b_seconds', 'B.', [1]).observe({}, 0.5);
  metrics.gauge('c', 'C.').set({}, Number.POSITIVE_INFINITY);
  metrics.gauge('d', 'D.').set({}, Number.NaN);
  const told = JSON.parse(toldPage(metrics.render(), 'core'));
  expect(told).toEqual({
    labels: { job: 'core' },
    metrics: [
      { name: 'a_total', labels: { path: 'C:\\x "y"\nz' }, value: 3 },
      { name: 'b_seconds_bucket', labels: { le: '1' }, value: 1 },
      { name: 'b_seconds_bucket', labels: { le: '+Inf' }, value: 1 },
      { name: 'b_seconds_sum', labels: {}, value: 0.5 },
      { name: 'b_seconds_count', labels: {}, value: 1 },
      { name: 'c', labels: {}, value: '+Inf' },
      { name: 'd', labels: {}, value: 'NaN' },
    ],
  });
});
