import { METRIC_NAME } from '../../../lib/promql/matcher.ts';
import type { Matcher } from '../../ports/metric-store.ts';
import type { Node } from '../../promql/ast.ts';
import { parseQuery } from '../../promql/parse.ts';
import { partsOf } from '../../promql/repeated.ts';

/** What an expression reads: the matchers of each of its selectors. @throws HeliographError HG_QUERY_* for one that cannot be read */
export function selectorsOf(expression: string): (readonly Matcher[])[] {
  const found: (readonly Matcher[])[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'selector') found.push(node.matchers);
    for (const part of partsOf(node)) visit(part);
  };
  visit(parseQuery(expression));
  return found;
}

/** Whether any of the selectors may meet a series of one of these names. */
export function readsAny(selectors: readonly (readonly Matcher[])[], names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  return selectors.some((matchers) => {
    const name = matchers.find((one) => one.name === METRIC_NAME && one.operator === '=');
    return name === undefined || names.has(name.value);
  });
}
