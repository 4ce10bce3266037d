import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import type { SeriesSource } from '../../../core/promql/source.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Answer } from './compare.ts';
import type { Query } from './queries.ts';

const OPTIONS = { timeoutMs: 60_000, maxSamples: 50_000_000, lookbackMs: 300_000 };

/** Our evaluator's answer. Anything thrown that is no HeliographError is a fault and goes through. */
export function ourAnswer(source: SeriesSource, { text, time, range }: Query): Answer {
  try {
    const data =
      range === undefined
        ? evaluateInstant(text, time, source, OPTIONS)
        : evaluateRange(text, time, range.end, range.step, source, OPTIONS);
    return { data };
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return { error: error.message };
  }
}
