/**
 * The name of an output's series, as vmagent's stream aggregation names them: metric:interval[_by_labels][_without_labels]_output.
 * @param interval as it is written in the rule
 */
export function outputName(
  metric: string,
  rule: { readonly interval: string; readonly by: readonly string[]; readonly without: readonly string[] },
  suffix: string,
): string {
  const by = rule.by.length > 0 ? `_by_${rule.by.join('_')}` : '';
  const without = rule.without.length > 0 ? `_without_${rule.without.join('_')}` : '';
  return `${metric}:${rule.interval}${by}${without}_${suffix}`;
}
