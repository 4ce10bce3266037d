import { fieldsLeft } from '../../collector/core/logs/line-rules.ts';
import { relabelledSeries } from '../../collector/core/sampling/series-rules.ts';
import { SELF_PREFIX } from '../../collector/core/self-source.ts';
import { type LabelMap, labelMap } from '../../lib/relabel/labels.ts';
import type { Relabeler } from '../../lib/relabel/relabeler.ts';
import { type RelabelStep, stepThrough } from '../../lib/relabel/steps.ts';
import { pageSeries, storedLabels } from '../../relay/shape/series-labels.ts';

/** What rules make of one series or line. */
export interface Attempt {
  readonly before: Readonly<Record<string, string>>;
  readonly steps: readonly RelabelStep[];
  /** As the collector sends it; null: it does not. */
  readonly after: Readonly<Record<string, string>> | null;
  /** Where no step dropped it: why it is not sent, or why no rule was asked. */
  readonly note: string | null;
}

/** Tries rules on labels of a series, or on the fields of a line, as that tier does. */
export function attempt(
  relabeler: Relabeler,
  given: Readonly<Record<string, string>>,
  tier: 'collector' | 'relay' = 'collector',
): Attempt {
  const labels = labelMap(Object.entries(given));
  const before = Object.fromEntries(labels);
  if (tier === 'collector' && relabeler.kind === 'metrics' && before.__name__?.startsWith(SELF_PREFIX)) {
    return { before, steps: [], after: before, note: 'the collector tells of itself: rules leave it alone' };
  }
  const steps = stepThrough(relabeler, labels);
  if (steps.at(-1)?.outcome === 'dropped') return { before, steps, after: null, note: null };
  const left = tier === 'collector' ? seriesLeft : (these: LabelMap) => seriesStored(before, these);
  const after = relabeler.kind === 'metrics' ? left(labels) : lineLeft(before, labels);
  return { before, steps, after, note: after === null ? 'no name is left: it is not sent' : null };
}

function seriesLeft(labels: LabelMap): Readonly<Record<string, string>> | null {
  const series = relabelledSeries(labels);
  return series === null ? null : { __name__: series.name, ...Object.fromEntries(series.labels) };
}

/** As the core will have it: it gives `instance` and `site` back. */
function seriesStored(
  { instance = '', site = '' }: Readonly<Record<string, string>>,
  labels: LabelMap,
): Readonly<Record<string, string>> | null {
  const series = pageSeries([...labels], instance, site);
  if (series === null) return null;
  return Object.fromEntries(storedLabels(series, instance, site).filter(([, value]) => value !== ''));
}

/** The level stays as it was; the service and the text may be others, and cannot be taken away. */
function lineLeft(before: Readonly<Record<string, string>>, labels: LabelMap): Readonly<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const name of ['service.name', 'log.level', 'message']) {
    const value = (name === 'log.level' ? undefined : labels.get(name)) ?? before[name];
    if (value !== undefined) own[name] = value;
  }
  return { ...own, ...fieldsLeft(labels) };
}

/** A collector sends one series once: what rules made the same as one before is not sent. */
export class SentSeries {
  readonly #sent = new Set<string>();

  /** The attempt as it is, or not sent where another came before. */
  once(one: Attempt): Attempt {
    if (one.after === null) return one;
    const key = JSON.stringify(Object.entries(one.after).sort());
    if (this.#sent.has(key)) return { ...one, after: null, note: 'the same as a series before it: it is not sent' };
    this.#sent.add(key);
    return one;
  }
}
