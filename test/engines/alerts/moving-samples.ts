import type { SeriesSamples } from '../../../core/ports/metric-store.ts';
import { markStale } from '../../../core/promql/stale.ts';

type Value = (second: number) => number | null;

/** Series that go up and down, end, begin again and are reset, a sample a second from `start` on, ms since the epoch. null: none; NaN: its end. */
export function movingSamples(start: number, seconds: number): SeriesSamples[] {
  const series: SeriesSamples[] = [];
  const add = (labels: Record<string, string>, value: Value) => {
    const times: number[] = [];
    const values: number[] = [];
    for (let second = 0; second < seconds; second++) {
      const one = value(second);
      if (one === null) continue;
      times.push(start + second * 1_000);
      values.push(one);
    }
    const bits = Float64Array.from(values);
    for (const [i, one] of values.entries()) if (Number.isNaN(one)) markStale(bits, i);
    series.push({ labels, times: Float64Array.from(times), values: bits });
  };
  const wave = (period: number, shift: number) => (second: number) =>
    Math.round(50 + 45 * Math.sin(((second + shift) * 2 * Math.PI) / period)) / 10;
  add({ __name__: 'load', instance: 'a', job: 'node' }, wave(23, 0));
  add({ __name__: 'load', instance: 'b', job: 'node' }, wave(17, 5));
  add({ __name__: 'load', instance: 'c', job: 'db' }, (second) => (second % 29 < 12 ? 9 : 1));
  // Comes, ends, and comes again.
  add({ __name__: 'load', instance: 'd', job: 'db' }, (second) => {
    if (second % 20 < 9) return 6.5;
    return second % 20 === 9 ? Number.NaN : null;
  });
  add({ __name__: 'ceiling', job: 'node' }, () => 9);
  add({ __name__: 'ceiling', job: 'db' }, () => 12);
  add({ __name__: 'maintenance', instance: 'a' }, (second) => (second % 14 < 7 ? 1 : 0));
  add({ __name__: 'ending' }, (second) => (second % 16 < 8 ? second : second % 16 === 8 ? Number.NaN : null));
  add({ __name__: 'zero' }, (second) => (second % 10 < 5 ? 0 : -0));
  for (const [i, instance] of ['a', 'b', 'c'].entries()) {
    add({ __name__: 'up', instance }, (second) => ((second + 5 * i) % 18 < 13 ? 1 : 0));
    add({ __name__: 'requests_total', instance, job: i === 2 ? 'db' : 'node' }, (second) => (second % 31) * (i + 1));
    for (const le of ['0.1', '0.5', '1', '+Inf']) {
      const share = le === '+Inf' ? 1 : Math.min(1, Number(le) * 0.8);
      add({ __name__: 'seconds_bucket', instance, le }, (second) => Math.floor(second * 10 * share * (i + 1)));
    }
  }
  return series;
}
