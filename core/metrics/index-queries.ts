import { parseSelector } from '../../lib/promql/selector.ts';
import type { MetricEngine } from './engine.ts';
import type { Work } from './turns.ts';

/** Series looked at between two pauses. */
const PAUSE = 512;

/** What people ask of the index: series, and the names and values of labels. By whole days. */
export class IndexQueries {
  readonly #engine: MetricEngine;

  constructor(engine: MetricEngine) {
    this.#engine = engine;
  }

  /** Ids, ascending, of series that fit one of the selectors; all if there is none. */
  series(matches: readonly string[], start: number, end: number): Work<Int32Array<ArrayBuffer>> {
    return this.#engine.find(matches.map(parseSelector), start, end);
  }

  *labelNames(matches: readonly string[], start: number, end: number): Work<string[]> {
    const names = new Set<string>();
    const ids = yield* this.series(matches, start, end);
    for (let from = 0; from < ids.length; from += PAUSE) {
      for (const labels of this.#engine.labels(ids.subarray(from, from + PAUSE))) {
        for (let i = 0; i < (labels?.length ?? 0); i += 2) names.add(labels![i]!);
      }
      yield;
    }
    return [...names].sort();
  }

  *labelValues(name: string, matches: readonly string[], start: number, end: number): Work<string[]> {
    const values = new Set<string>();
    const ids = yield* this.series(matches, start, end);
    for (let from = 0; from < ids.length; from += PAUSE) {
      for (const labels of this.#engine.labels(ids.subarray(from, from + PAUSE))) {
        for (let i = 0; i < (labels?.length ?? 0); i += 2) if (labels![i] === name) values.add(labels![i + 1]!);
      }
      yield;
    }
    return [...values].sort();
  }
}
