import type { SeriesSamples } from '../../../core/ports/metric-store.ts';
import { markStale } from '../../../core/promql/stale.ts';

/** 'off-edge': see makeSeries. 'on-edge': samples on whole seconds, where windows begin and end. */
export type Alignment = 'on-edge' | 'off-edge';

/**
 * Series of every kind a query meets: counters with resets, gauges below zero, gaps, staleness markers, NaN, infinities, buckets.
 * Off edge, no sample lies on a whole second, and queries ask at whole seconds: so no sample lies on a window's left edge, which
 * belongs to the window up to Prometheus 2 and does not from 3 on.
 */
export function makeSeries(random: () => number, alignment: Alignment): SeriesSamples[] {
  const all: SeriesSamples[] = [];
  const add = (labels: Record<string, string>, next: Next) => all.push(oneSeries(labels, next, random, alignment));
  for (const job of ['api', 'db', 'web']) {
    for (const instance of ['a:1', 'b:2', 'c:3']) {
      for (const code of ['200', '500']) {
        add({ __name__: 'requests_total', job, instance, code }, counter(random, job === 'db'));
      }
      add({ __name__: 'bytes_total', job, instance }, counter(random, false, 1e6));
      add({ __name__: 'temperature', job, instance }, gauge(random, -20, 40));
      add({ __name__: 'load', job, instance }, gaps(random, gauge(random, 0, 8)));
      add({ __name__: 'up', job, instance }, () => (random() < 0.9 ? 1 : 0));
      add({ __name__: 'target_info', job, instance, version: job === 'db' ? '2' : '10', zone: instance }, () => 1);
      for (const [index, le] of ['0.1', '0.5', '1', '+Inf'].entries()) {
        add({ __name__: 'latency_bucket', job, instance, le }, (i) => 1000 + (index + 1) * (i + 1) * 3);
      }
    }
    add({ __name__: 'memory', job }, gaps(random, gauge(random, 1e9, 4e9)));
    add({ __name__: 'owner', job, team: `team-${job}` }, () => 1);
  }
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-9, 3.25, -7.5];
  for (const kind of ['x', 'y', 'z']) {
    add({ __name__: 'odd', kind }, (i) => odd[(i + kind.charCodeAt(0)) % odd.length]!);
    add({ __name__: 'nan_now_and_then', kind }, (i) => (i % 17 === 3 ? Number.NaN : 10 * random()));
    add({ __name__: 'constant', kind }, () => 42.5);
  }
  return all;
}
export const START = 1_700_000_000_000;
export const SPAN = 2 * 3_600_000;
const INTERVAL = 15_000;

type Next = (index: number) => number | 'stale' | 'none';

function oneSeries(
  labels: Record<string, string>,
  next: Next,
  random: () => number,
  alignment: Alignment,
): SeriesSamples {
  const count = Math.floor(SPAN / INTERVAL);
  const phase = 1 + Math.floor(random() * 12_000);
  const times: number[] = [];
  const values: number[] = [];
  const stale: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = next(i);
    if (value === 'none') continue;
    const jitter = Math.floor(random() * 40);
    let time = START + i * INTERVAL;
    if (alignment === 'off-edge') time += phase + jitter;
    if (alignment === 'off-edge' && time % 1000 === 0) time++;
    if (value === 'stale') stale.push(times.length);
    times.push(time);
    values.push(value === 'stale' ? 0 : value);
  }
  const samples = { labels, times: Float64Array.from(times), values: Float64Array.from(values) };
  for (const index of stale) markStale(samples.values, index);
  return samples;
}

/** Starts high, so that where its extrapolation would meet zero (2.42 and 3 differ there) is far away, except after a reset. */
function counter(random: () => number, resets: boolean, scale = 1): Next {
  let value = 5000 * scale * (1 + random());
  return () => {
    if (resets && random() < 0.02) value = 0;
    value += Math.floor(random() * 20) * scale;
    return value;
  };
}

function gauge(random: () => number, low: number, high: number): Next {
  let value = low + (high - low) * random();
  return () => {
    value += (random() - 0.5) * (high - low) * 0.1;
    value = Math.min(high, Math.max(low, value));
    return value;
  };
}

/** Ends now and then with a staleness marker, or just stops, for some samples or for minutes. */
function gaps(random: () => number, inner: Next): Next {
  let missing = 0;
  return (i) => {
    const value = inner(i);
    if (missing > 0) {
      missing--;
      return 'none';
    }
    if (random() < 0.03) {
      missing = random() < 0.3 ? 40 : 3;
      return random() < 0.5 ? 'stale' : 'none';
    }
    return value;
  };
}
