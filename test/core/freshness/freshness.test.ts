import { expect, test } from 'vitest';
import { Freshness, type MetricFrameTimes } from '../../../core/freshness/freshness.ts';
import { Registry } from '../../../lib/metrics.ts';

/** Of a host whose clock is an hour ahead. */
const FRAME: MetricFrameTimes = {
  lane: 'live',
  created: 3_610_000,
  skew: 3_600_000,
  oldest: 3_605_000,
  received: 11_000,
  came: 13_000,
};

function sums(registry: Registry, name: string): Record<string, number> {
  const found = registry.render().matchAll(new RegExp(`^${name}_sum(?:\\{part="(\\w+)"\\})? (\\S+)$`, 'gm'));
  return Object.fromEntries([...found].map(([, part = 'all', sum]) => [part, Number(sum)]));
}

test('the parts of a frame’s way and the wait for queries are its whole way, on one clock', () => {
  const registry = new Registry();
  const freshness = new Freshness(registry, () => 0);
  freshness.queryable(FRAME, 17_000, 18_000);
  expect(sums(registry, 'heliograph_core_sent_to_queryable_seconds')).toEqual({ all: 8 });
  expect(sums(registry, 'heliograph_core_sample_to_queryable_seconds')).toEqual({ all: 13 });
  expect(sums(registry, 'heliograph_core_metric_way_seconds')).toEqual({ to_relay: 1, at_relay: 2, at_core: 4 });
});

test('backfill is late by its nature and is not counted', () => {
  const registry = new Registry();
  const freshness = new Freshness(registry, () => 0);
  freshness.queryable({ ...FRAME, lane: 'backfill' }, 17_000, 18_000);
  expect(sums(registry, 'heliograph_core_metric_way_seconds')).toEqual({});
  expect(freshness.view().sentToQueryable.count).toBe(0);
});
