import { HeliographError } from '../../lib/errors.ts';
import type { Matcher, MatchOperator } from '../ports/metric-store.ts';
import type { SelectorNode } from './ast.ts';
import { queryError } from './errors.ts';
import { METRIC_NAME } from './labels.ts';
import { parseString } from './literals.ts';
import { compileMatcher } from './matchers.ts';
import type { TokenCursor } from './token-cursor.ts';

/**
 * name{a="b", "c.d"=~"e"} or {"metric.name", a!="b"} as matchers. Patterns are compiled here, so a bad one is found at once.
 * @param name the metric name before the braces, which is taken already
 */
export function parseSelectorNode(cursor: TokenCursor, name: string | undefined, at: number): SelectorNode {
  const matchers: Matcher[] = name === undefined ? [] : [{ name: METRIC_NAME, operator: '=', value: name }];
  if (cursor.takeIf('{') !== undefined) {
    while (!cursor.is('}')) {
      const { at: place } = cursor.peek();
      const matcher = labelMatcher(cursor);
      compileAt(matcher, cursor.query, place);
      matchers.push(matcher);
      if (cursor.takeIf(',') === undefined && !cursor.is('}')) throw cursor.unexpected('","', '"}"');
    }
    cursor.take();
  }
  return { kind: 'selector', at, matchers, name, offset: 0, pin: undefined, edges: undefined };
}

/** Throws HG_QUERY_REGEX with the matcher's place for a bad pattern. */
function compileAt(matcher: Matcher, query: string, at: number): void {
  try {
    compileMatcher(matcher);
  } catch (error) {
    if (!(error instanceof HeliographError && error.cause instanceof Error)) throw error;
    throw queryError('HG_QUERY_REGEX', query, at, error.cause.message);
  }
}

function labelMatcher(cursor: TokenCursor): Matcher {
  const token = cursor.peek();
  if (token.kind !== 'identifier' && token.kind !== 'string') {
    throw cursor.unexpected('a label matcher', 'a string', '"}"');
  }
  cursor.take();
  const name = token.kind === 'string' ? parseString(token.text, cursor.query, token.at) : token.text;
  const operator = cursor.takeIf('=', '!=', '=~', '!~');
  if (operator === undefined) {
    // A string alone is the metric name.
    if (token.kind === 'string') return { name: METRIC_NAME, operator: '=', value: name };
    throw cursor.unexpected('a label matching operator');
  }
  const value = cursor.peek();
  if (value.kind !== 'string') throw cursor.unexpected('a string');
  cursor.take();
  return { name, operator: operator.word as MatchOperator, value: parseString(value.text, cursor.query, value.at) };
}
