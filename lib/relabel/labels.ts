/**
 * Labels by name, the metric's name as `__name__`; one that is not there and one that is '' are the same. In the order of their names,
 * what rules set at the end: where `labelmap` gives several labels one name, the last of them stays, as in Prometheus.
 */
export type LabelMap = Map<string, string>;

export function labelMap(labels: Iterable<readonly [string, string]>): LabelMap {
  return new Map([...labels].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sets a label, or takes it away if the value is ''. */
export function setLabel(labels: LabelMap, name: string, value: string): void {
  labels.delete(name);
  if (value !== '') labels.set(name, value);
}
