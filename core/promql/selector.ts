import type { Matcher } from '../ports/metric-store.ts';
import { checkTypes } from './check.ts';
import { queryError } from './errors.ts';
import { parseQuery } from './parse.ts';

/**
 * The matchers of a selector such as up{job="node"}, as a `match[]` parameter has it.
 * Throws HG_QUERY_SYNTAX for anything else, HG_QUERY_REGEX for a bad pattern.
 */
export function parseSelector(text: string): Matcher[] {
  const node = parseQuery(text);
  if (node.kind !== 'selector' || node.offset !== 0 || node.pin !== undefined || node.edges !== undefined) {
    throw queryError('HG_QUERY_SYNTAX', text, node.at, 'expected a series selector without offset, range or function');
  }
  checkTypes(node, text);
  return [...node.matchers];
}
