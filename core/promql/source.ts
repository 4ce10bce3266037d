import type { Matcher, SeriesSamples } from '../ports/metric-store.ts';

/**
 * Where the evaluator reads samples. Synchronous: the evaluator lives in a thread that may stand still until they are there.
 * Called once for each selector of a query, not once for each step.
 */
export interface SeriesSource {
  /**
   * All series whose labels meet every matcher, with their samples in [startMs, endMs], both inclusive, in no particular order. They may be
   * read as they are asked for, so that a query holds some of its series at a time.
   * @param again the same selector stands in the query once more, and must then give the same samples
   */
  select(matchers: readonly Matcher[], startMs: number, endMs: number, again: boolean): Iterable<SeriesSamples>;
}
