import { parseMatchers } from '../../lib/promql/selector.ts';
import type { TokenCursor } from '../../lib/promql/token-cursor.ts';
import type { SelectorNode } from './ast.ts';

/** The selector that begins here. @param name the metric name before the braces, which is taken already */
export function parseSelectorNode(cursor: TokenCursor, name: string | undefined, at: number): SelectorNode {
  const matchers = parseMatchers(cursor, name);
  return { kind: 'selector', at, matchers, name, offset: 0, pin: undefined, edges: undefined };
}
