import { compileMatchers } from '../../../../lib/promql/matchers.ts';
import type { Matcher, SeriesSamples } from '../../../ports/metric-store.ts';
import type { SeriesSource } from '../../../promql/source.ts';
import { markStale } from '../../../promql/stale.ts';
import { labelsKey } from '../labels-key.ts';

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  readonly times: number[];
  /** null: the series ends there. */
  readonly values: (number | null)[];
}

/** Series in memory, to which samples are added at the end of each. */
export class MemorySeries implements SeriesSource {
  readonly #series = new Map<string, Series>();

  /** @param value null: the series ends there @returns whether it is there: it is later than what the series has, or the same */
  append(labels: Labels, time: number, value: number | null): boolean {
    const key = labelsKey(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, times: [], values: [] };
      this.#series.set(key, series);
    }
    const last = series.times.at(-1);
    if (last !== undefined && time <= last) return time === last && Object.is(series.values.at(-1), value);
    series.times.push(time);
    series.values.push(value);
    return true;
  }

  *select(matchers: readonly Matcher[], startMs: number, endMs: number): Iterable<SeriesSamples> {
    const fits = compileMatchers(matchers);
    for (const { labels, times, values } of this.#series.values()) {
      if (!fits(labels)) continue;
      let from = 0;
      while (from < times.length && times[from]! < startMs) from++;
      let to = from;
      while (to < times.length && times[to]! <= endMs) to++;
      if (from === to) continue;
      const found = Float64Array.from(values.slice(from, to), (value) => value ?? Number.NaN);
      for (let i = from; i < to; i++) if (values[i] === null) markStale(found, i - from);
      yield { labels, times: Float64Array.from(times.slice(from, to)), values: found };
    }
  }
}
