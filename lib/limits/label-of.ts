/** The value of a label; '' where the series does not have it, as PromQL has it. */
export function labelOf(labels: readonly (readonly [string, string])[], name: string): string {
  for (const [own, value] of labels) if (own === name) return value;
  return '';
}
