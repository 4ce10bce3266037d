import type { SyntaxNode } from '@lezer/common';
import type { Matcher, MatchOperator } from '../ports/metric-store.ts';
import type { SelectorNode } from './ast.ts';
import { queryError } from './errors.ts';
import { METRIC_NAME } from './labels.ts';
import { parseString } from './literals.ts';
import { compileMatcher } from './matchers.ts';

/** name{a="b", "c.d"=~"e"} or {"metric.name", a!="b"} as matchers. Patterns are compiled here, so a bad one is found at once. */
export function parseVectorSelector(tree: SyntaxNode, query: string): SelectorNode {
  const matchers: Matcher[] = [];
  const text = (node: SyntaxNode) => query.slice(node.from, node.to);
  const setName = (value: string, at: number) => {
    if (matchers.some((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=')) {
      throw queryError('HG_QUERY_SYNTAX', query, at, 'metric name must not be set twice');
    }
    matchers.unshift({ name: METRIC_NAME, operator: '=', value });
  };
  const identifier = tree.getChild('Identifier');
  const list = tree.getChild('LabelMatchers');
  for (let child = list?.firstChild ?? null; child !== null; child = child.nextSibling) {
    if (child.name === 'LineComment') continue;
    if (child.name === 'QuotedLabelName') {
      setName(parseString(text(child), query, child.from), child.from);
      continue;
    }
    const name = child.getChild('LabelName') ?? child.getChild('QuotedLabelName')!;
    const operator = text(child.getChild('MatchOp')!) as MatchOperator;
    const value = child.getChild('StringLiteral')!;
    matchers.push({
      name: name.name === 'LabelName' ? text(name) : parseString(text(name), query, name.from),
      operator,
      value: parseString(text(value), query, value.from),
    });
  }
  // An operator and nothing else, for Prometheus' own parser; its grammar takes it for a name too.
  if (identifier !== null && /^atan2$/i.test(text(identifier))) {
    throw queryError('HG_QUERY_SYNTAX', query, identifier.from, `unexpected operator "${text(identifier)}"`);
  }
  if (identifier !== null) setName(text(identifier), identifier.from);
  if (matchers.every((matcher) => compileMatcher(matcher)(''))) {
    throw queryError(
      'HG_QUERY_SYNTAX',
      query,
      tree.from,
      'vector selector must contain at least one non-empty matcher',
    );
  }
  return { kind: 'selector', at: tree.from, matchers, offset: 0, pin: undefined };
}
