import type { Clock } from '../../lib/clock.ts';
import type { Matcher, QueryData, QueryOptions, SeriesSamples } from '../ports/metric-store.ts';
import { Budget } from '../promql/budget.ts';
import { evaluateInstant, evaluateRange } from '../promql/evaluate.ts';
import { parseSelector } from '../promql/selector.ts';
import type { SeriesSource } from '../promql/source.ts';
import type { MetricEngine } from './engine.ts';

/** What people ask, over the engine: PromQL, and the names and values of labels. */
export class MetricQueriesOnEngine {
  readonly #engine: MetricEngine;
  readonly #clock: Clock;

  constructor(engine: MetricEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  query(expression: string, time: number, options: QueryOptions): QueryData {
    return evaluateInstant(expression, time, this.#source(options), options);
  }

  queryRange(expression: string, start: number, end: number, step: number, options: QueryOptions): QueryData {
    return evaluateRange(expression, start, end, step, this.#source(options), options);
  }

  series(matches: readonly string[], start: number, end: number, limit: number): Record<string, string>[] {
    const ids = this.#ids(matches, start, end);
    return ids.slice(0, limit > 0 ? limit : ids.length).map((id) => this.#engine.labels(id));
  }

  labelNames(matches: readonly string[], start: number, end: number): string[] {
    const names = new Set<string>();
    for (const id of this.#ids(matches, start, end)) {
      for (const name of Object.keys(this.#engine.labels(id))) names.add(name);
    }
    return [...names].sort();
  }

  labelValues(name: string, matches: readonly string[], start: number, end: number): string[] {
    const values = new Set<string>();
    for (const id of this.#ids(matches, start, end)) {
      const value = this.#engine.label(id, name);
      if (value !== undefined) values.add(value);
    }
    return [...values].sort();
  }

  /** Series that fit one of the selectors, ascending; all if there is none. By whole days. */
  #ids(matches: readonly string[], start: number, end: number): number[] {
    if (matches.length === 0) return this.#engine.seriesBetween([], start, end);
    if (matches.length === 1) return this.#engine.seriesBetween(parseSelector(matches[0]!), start, end);
    const ids = new Set(matches.flatMap((match) => this.#engine.seriesBetween(parseSelector(match), start, end)));
    return [...ids].sort((a, b) => a - b);
  }

  /** Reading is bounded as well as evaluating: a query that asks for too much stops before it fills the memory. */
  #source(options: QueryOptions): SeriesSource {
    return {
      select: (matchers: readonly Matcher[], start: number, end: number): SeriesSamples[] => {
        const budget = new Budget(options, this.#clock);
        return this.#engine.select(matchers, start, end, (samples) => budget.charge(samples));
      },
    };
  }
}
