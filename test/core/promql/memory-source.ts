import type { Matcher, SeriesSamples } from '../../../core/ports/metric-store.ts';
import type { SeriesSource } from '../../../core/promql/source.ts';
import { compileMatchers } from '../../../lib/promql/matchers.ts';

/** Series in memory as a source for the evaluator. */
export function memorySource(all: readonly SeriesSamples[]): SeriesSource {
  return {
    select(matchers: readonly Matcher[], start: number, end: number): SeriesSamples[] {
      const matches = compileMatchers(matchers);
      return all
        .filter((series) => matches(series.labels))
        .map(({ labels, times, values }) => {
          let from = 0;
          while (from < times.length && times[from]! < start) from++;
          let to = from;
          while (to < times.length && times[to]! <= end) to++;
          return { labels, times: times.slice(from, to), values: values.slice(from, to) };
        })
        .filter((series) => series.times.length > 0);
    },
  };
}
