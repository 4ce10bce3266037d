import { selectorText } from '../../../lib/promql/selector-text.ts';
import type { Matcher, MetricQueries } from '../../ports/metric-store.ts';
import { FRESH_MS } from './rule-clock.ts';

/** Selectors that are asked; a few tell enough. */
const MOST_SELECTORS = 20;

/** How many series that rules read have a fresh sample at a time, ms since the epoch. @throws what the store throws */
export async function freshSeries(
  metrics: Pick<MetricQueries, 'query'>,
  selectors: readonly (readonly Matcher[])[],
  time: number,
  timeoutMs: number,
): Promise<number> {
  const texts = [...new Set(selectors.map(selectorText))].slice(0, MOST_SELECTORS);
  const options = { timeoutMs, maxSamples: 50_000_000, lookbackMs: FRESH_MS };
  let fresh = 0;
  for (const text of texts) {
    const { resultType, result } = await metrics.query(`count(${text})`, time, options);
    if (resultType === 'vector' && result[0]) fresh += Number(result[0].value[1]);
  }
  return fresh;
}
