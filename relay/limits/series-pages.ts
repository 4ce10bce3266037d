import { HeliographError } from '../../lib/errors.ts';
import { mergedReport } from '../../lib/limits/merged-report.ts';
import type { CardinalityReport } from '../../lib/limits/report.ts';
import { json, type Pages } from '../http.ts';
import type { RelayLimits } from './open.ts';

const USUAL = 20;
const MOST = 500;
/** A worker tells this many times what is asked for: what is heavy in all of them together may be less so in each. */
const MORE = 4;

/**
 * How many keys of each dimension are asked for (`top`).
 * @throws HeliographError HG_API_PARAMETER
 */
export function topOf(parameters: URLSearchParams): number {
  for (const name of parameters.keys()) {
    if (name !== 'top') throw new HeliographError('HG_API_PARAMETER', `${name} is none; there is top`);
  }
  const text = parameters.get('top') ?? String(USUAL);
  const top = Number(text);
  if (!/^\d+$/.test(text) || top > MOST) {
    throw new HeliographError('HG_API_PARAMETER', `top is a whole number from 0 to ${MOST}`);
  }
  return top;
}

/** The path under which each worker is asked for its part. */
export function partPath(top: number): string {
  return `/cardinality-part.json?top=${Math.min(MOST, top * MORE)}`;
}

/** Of all workers together; null: none counts. @param parts null where a worker does not count */
export function wholeReport(parts: readonly (CardinalityReport | null)[], top: number): CardinalityReport | null {
  return mergedReport(
    parts.filter((part) => part !== null),
    top,
  );
}

/**
 * The heaviest keys of a process (docs/cardinality.md).
 * @param limits null: series are not counted, and the answer is null @param part it is one worker of several, and its supervisor asks
 */
export function seriesPages(limits: Pick<RelayLimits, 'report'> | null, part: boolean): Pages {
  const path = part ? '/cardinality-part.json?' : '/cardinality.json?';
  return { [path]: (parameters) => json(limits?.report(topOf(parameters), part) ?? null) };
}
