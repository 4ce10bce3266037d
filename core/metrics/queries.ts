import { parseSelector } from '../promql/selector.ts';
import type { MetricEngine } from './engine.ts';

/** What people ask of the index: series, and the names and values of labels. */
export class MetricQueriesOnEngine {
  readonly #engine: MetricEngine;

  constructor(engine: MetricEngine) {
    this.#engine = engine;
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
}
