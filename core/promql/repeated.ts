import type { Matcher } from '../ports/metric-store.ts';
import type { Node } from './ast.ts';

/** One text for selectors that read the same series. */
export function selectorKey(matchers: readonly Matcher[]): string {
  return JSON.stringify(matchers);
}

/** Keys of the selectors that stand more than once in a query: their samples are kept until its end, so that they are the same each time. */
export function repeatedSelectors(query: Node): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const visit = (node: Node | undefined): void => {
    if (node === undefined) return;
    switch (node.kind) {
      case 'selector': {
        const key = selectorKey(node.matchers);
        if (seen.has(key)) repeated.add(key);
        seen.add(key);
        return;
      }
      case 'matrix':
        return visit(node.selector);
      case 'call':
        return node.args.forEach(visit);
      case 'binary':
        visit(node.left);
        return visit(node.right);
      case 'aggregate':
        visit(node.parameter);
        return visit(node.inner);
      case 'paren':
      case 'unary':
      case 'subquery':
        return visit(node.inner);
    }
  };
  visit(query);
  return repeated;
}
