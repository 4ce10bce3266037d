import { type Matcher, METRIC_NAME } from './matcher.ts';

/** Matchers as a selector that parseSelector, and Prometheus, read again. */
export function selectorText(matchers: readonly Matcher[]): string {
  // An empty selector is refused; every series has a name or another label, and all of ours have a name.
  if (matchers.length === 0) return `{${METRIC_NAME}!=""}`;
  const parts = matchers.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`);
  return `{${parts.join(',')}}`;
}
