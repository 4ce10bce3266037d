import type { Matcher, SeriesSamples } from '../ports/metric-store.ts';

/**
 * Where the evaluator reads samples. Synchronous: the embedded store's evaluator lives in the worker that owns the data.
 * Called once for each selector of a query, not once for each step.
 */
export interface SeriesSource {
  /** All series whose labels meet every matcher, with their samples in [startMs, endMs], both inclusive. */
  select(matchers: readonly Matcher[], startMs: number, endMs: number): SeriesSamples[];
}
