import type { SeriesSamples } from '../../../core/ports/metric-store.ts';

export const CODES = ['200', '404', '500'];
export const BOUNDS = [10, 100, 1000];
export const PHIS = [0.5, 0.9, 0.99];

export interface Sample {
  readonly host: string;
  readonly time: number;
  /** By code; null: none. */
  readonly values: readonly (number | null)[];
}

/** The same samples as the series that Prometheus has; `merged` is all hosts' of a code, `upto` those up to a bound. */
export function asSeries(samples: readonly Sample[]): SeriesSamples[] {
  const series = new Map<string, { labels: Record<string, string>; times: number[]; values: number[] }>();
  const add = (labels: Record<string, string>, time: number, value: number) => {
    const key = JSON.stringify(labels);
    const one = series.get(key) ?? { labels, times: [], values: [] };
    series.set(key, one);
    one.times.push(time);
    one.values.push(value);
  };
  for (const { host, time, values } of samples) {
    for (const [c, value] of values.entries()) {
      if (value === null) continue;
      const code = CODES[c]!;
      add({ __name__: 'm', code, instance: host }, time, value);
      add({ __name__: 'merged', code }, time, value);
      for (const bound of BOUNDS) {
        if (value <= bound) add({ __name__: 'upto', code, instance: host, le: String(bound) }, time, value);
      }
      add({ __name__: 'upto', code, instance: host, le: '+Inf' }, time, value);
    }
  }
  return [...series.values()].map(({ labels, times, values }) => ({
    labels,
    times: Float64Array.from(times),
    values: Float64Array.from(values),
  }));
}

/** By the suffix of an output of a rule `by: [code]`: the query that it must agree with, and how nearly (a part of the value). */
export function checksByCode(interval: string): readonly (readonly [string, string, number])[] {
  const m = `m[${interval}]`;
  return [
    ['increase', `sum by (code) (increase(${m} anchored))`, 0],
    ['rate_sum', `sum by (code) (rate(${m} anchored))`, 1e-12],
    ['sum_samples', `sum by (code) (sum_over_time(${m}))`, 0],
    ['avg', `avg_over_time(merged[${interval}])`, 1e-12],
    ['min', `min by (code) (min_over_time(${m}))`, 0],
    ['max', `max by (code) (max_over_time(${m}))`, 0],
    ['count_series', `count by (code) (count_over_time(${m}))`, 0],
    ['count_samples', `sum by (code) (count_over_time(${m}))`, 0],
    ['histogram_bucket', `sum by (code, le) (count_over_time(upto[${interval}]))`, 0],
    ...PHIS.map((phi) => [`quantiles/${phi}`, `quantile_over_time(${phi}, merged[${interval}])`, 1 / 256] as const),
  ];
}
