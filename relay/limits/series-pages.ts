import { mergedReport } from '../../lib/limits/merged-report.ts';
import type { CardinalityReport } from '../../lib/limits/report.ts';
import { MOST_TOP, topOf } from '../../lib/limits/top-parameter.ts';
import { json, type Pages } from '../http.ts';
import type { RelayLimits } from './open.ts';

/** A worker tells this many times what is asked for: what is heavy in all of them together may be less so in each. */
const MORE = 4;

/**
 * The heaviest keys of a process (docs/cardinality.md).
 * @param limits null: series are not counted, and the answer is null @param part it is one worker of several, and its supervisor asks
 */
export function seriesPages(limits: Pick<RelayLimits, 'report'> | null, part: boolean): Pages {
  const path = part ? '/cardinality-part.json?' : '/cardinality.json?';
  return { [path]: (parameters) => json(limits?.report(topOf(parameters), part) ?? null) };
}

/** The same for all workers. @param ask each of them for a page; null: it does not answer */
export function wholeSeriesPages(ask: (path: string) => Promise<readonly (string | null)[]>): Pages {
  return {
    '/cardinality.json?': async (parameters) => {
      const top = topOf(parameters);
      const bodies = await ask(`/cardinality-part.json?top=${Math.min(MOST_TOP, top * MORE)}`);
      const parts = bodies.map((body) => (body === null ? null : (JSON.parse(body) as CardinalityReport | null)));
      return json(
        mergedReport(
          parts.filter((part) => part !== null),
          top,
        ),
      );
    },
  };
}
