import { Annotations } from '../../../core/promql/annotations.ts';
import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import type { SeriesSource } from '../../../core/promql/source.ts';
import { systemClock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Answer } from './compare.ts';
import type { Query } from './queries.ts';

const OPTIONS = { timeoutMs: 60_000, maxSamples: 50_000_000, lookbackMs: 300_000 };

/** Our evaluator's answer. Anything thrown that is no HeliographError is a fault and goes through. */
export function ourAnswer(source: SeriesSource, { text, time, range }: Query): Answer {
  const annotations = new Annotations();
  try {
    const data =
      range === undefined
        ? evaluateInstant(text, time, source, OPTIONS, systemClock, annotations)
        : evaluateRange(text, time, range.end, range.step, source, OPTIONS, systemClock, annotations);
    return { data, notes: annotations.notes(text) };
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return { error: error.message };
  }
}
