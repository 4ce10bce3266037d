import { type PageSeries, ROLLED_INSTANCE } from '../../proto/page.ts';
import { instanceOf, SPOKEN_INSTANCE } from '../../proto/spoken-instance.ts';

export type LabelPairs = readonly (readonly [string, string])[];

/** The labels that a group keeps of a series, but one that a host calls as a roll-up's `instance` travels; under the names that they are sent by. Without site and relay: the core gives both. */
export function keptLabels(
  series: PageSeries,
  host: string,
  rule: { readonly by: readonly string[]; readonly without: readonly string[] },
): LabelPairs {
  const keeps = (name: string) => (rule.by.length > 0 ? rule.by.includes(name) : !rule.without.includes(name));
  const ours = (name: string) => name === SPOKEN_INSTANCE || name === ROLLED_INSTANCE;
  const kept = series.labels.filter(([name]) => !ours(name) && keeps(name));
  if (keeps('instance')) kept.push([ROLLED_INSTANCE, instanceOf(series, host)]);
  return sortedLabels(kept);
}

/** By name; no name stands twice. */
export function sortedLabels(labels: LabelPairs): LabelPairs {
  return [...labels].sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** A text that is equal for equal series only; labels sorted by name. Of a series on a page the host is no part: two hosts may have one alike. */
export function seriesText({ name, labels }: PageSeries): string {
  return JSON.stringify([name, ...labels.flat()]);
}
