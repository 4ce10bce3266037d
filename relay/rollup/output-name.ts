type NamedRule = { readonly interval: string; readonly by: readonly string[]; readonly without: readonly string[] };

/**
 * The name of an output's series, as vmagent's stream aggregation names them: metric:interval[_by_labels][_without_labels]_output.
 * @param interval as it is written in the rule
 */
export function outputName(metric: string, rule: NamedRule, suffix: string): string {
  return `${groupName(metric, rule)}_${suffix}`;
}

/** What the names of all outputs of a group begin with. */
export function groupName(metric: string, rule: NamedRule): string {
  const by = rule.by.length > 0 ? `_by_${rule.by.join('_')}` : '';
  const without = rule.without.length > 0 ? `_without_${rule.without.join('_')}` : '';
  return `${metric}:${rule.interval}${by}${without}`;
}
