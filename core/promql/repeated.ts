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
  const visit = (node: Node): void => {
    if (node.kind === 'selector') {
      const key = selectorKey(node.matchers);
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    }
    for (const part of partsOf(node)) visit(part);
  };
  visit(query);
  return repeated;
}

/** The nodes that a node is made of. */
export function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'selector':
      return [];
    case 'matrix':
      return [node.selector];
    case 'call':
      return node.args;
    case 'binary':
      return [node.left, node.right];
    case 'aggregate':
      return node.parameter ? [node.parameter, node.inner] : [node.inner];
    case 'paren':
    case 'unary':
    case 'subquery':
      return [node.inner];
  }
}
