import type { SyntaxNode } from '@lezer/common';
import type { Node, Pin } from './ast.ts';
import { queryError } from './errors.ts';
import { parseNumber } from './literals.ts';

/**
 * What stands after an expression: [5m], [1h:1m], offset 5m, @ 1600000000. The grammar gives `a + b offset 5m` as (a + b) offset 5m;
 * in PromQL these bind tighter than any operator, so each goes down to the operand it follows.
 */
function onOperand(node: Node, apply: (operand: Node) => Node): Node {
  if (node.kind === 'binary') return { ...node, right: onOperand(node.right, apply) };
  if (node.kind === 'unary') return { ...node, inner: onOperand(node.inner, apply) };
  return apply(node);
}

export function withMatrix(node: Node, query: string, tree: SyntaxNode): Node {
  const range = positiveDuration(tree.getChild('DurationExpr')!, query);
  return onOperand(node, (operand) => {
    if (operand.kind !== 'selector') {
      throw queryError('HG_QUERY_SYNTAX', query, operand.at, 'ranges only allowed for vector selectors');
    }
    if (operand.offset !== 0) {
      throw queryError('HG_QUERY_SYNTAX', query, operand.at, 'no offset modifiers allowed before range');
    }
    if (operand.pin !== undefined) {
      throw queryError('HG_QUERY_SYNTAX', query, operand.at, 'no @ modifiers allowed before range');
    }
    return { kind: 'matrix', at: operand.at, selector: operand, range };
  });
}

export function withSubquery(node: Node, query: string, tree: SyntaxNode): Node {
  const [range, step] = tree.getChildren('DurationExpr');
  return onOperand(node, (inner) => ({
    kind: 'subquery',
    at: inner.at,
    inner,
    range: positiveDuration(range!, query),
    step: step === undefined ? undefined : positiveDuration(step, query),
    offset: 0,
    pin: undefined,
  }));
}

export function withOffset(node: Node, query: string, tree: SyntaxNode): Node {
  const offset = duration(tree.getChild('OffsetDurationExpr')!, query);
  return onOperand(node, (operand) => {
    const twice = () => queryError('HG_QUERY_SYNTAX', query, tree.from, 'offset may not be set multiple times');
    if (operand.kind === 'matrix') {
      if (operand.selector.offset !== 0) throw twice();
      return { ...operand, selector: { ...operand.selector, offset } };
    }
    if (operand.kind === 'selector' || operand.kind === 'subquery') {
      if (operand.offset !== 0) throw twice();
      return { ...operand, offset };
    }
    throw queryError(
      'HG_QUERY_SYNTAX',
      query,
      operand.at,
      'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    );
  });
}

export function withPin(node: Node, query: string, tree: SyntaxNode): Node {
  const literal = tree.getChild('NumberDurationLiteral');
  let pin: Pin = tree.getChild('AtModifierPreprocessors')?.getChild('AtEnd') == null ? 'start' : 'end';
  if (literal !== null) {
    const seconds = parseNumber(query.slice(literal.from, literal.to), query, literal.from);
    if (!Number.isFinite(seconds) || Math.abs(seconds) > 9.2e15) {
      throw queryError('HG_QUERY_SYNTAX', query, literal.from, 'timestamp out of bounds for @ modifier');
    }
    pin = Math.round(seconds * 1000);
  }
  return onOperand(node, (operand) => {
    const twice = () => queryError('HG_QUERY_SYNTAX', query, tree.from, '@ <timestamp> may not be set multiple times');
    if (operand.kind === 'matrix') {
      if (operand.selector.pin !== undefined) throw twice();
      return { ...operand, selector: { ...operand.selector, pin } };
    }
    if (operand.kind === 'selector' || operand.kind === 'subquery') {
      if (operand.pin !== undefined) throw twice();
      return { ...operand, pin };
    }
    throw queryError(
      'HG_QUERY_SYNTAX',
      query,
      operand.at,
      '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    );
  });
}

function positiveDuration(tree: SyntaxNode, query: string): number {
  const ms = duration(tree, query);
  if (ms <= 0) throw queryError('HG_QUERY_SYNTAX', query, tree.from, 'duration must be greater than 0');
  return ms;
}

/** ms of a duration with any signs before it. A bare number is seconds. */
function duration(tree: SyntaxNode, query: string): number {
  const literal = tree.getChild('NumberDurationLiteralInDurationContext');
  if (literal !== null) {
    const ms = Math.round(parseNumber(query.slice(literal.from, literal.to), query, literal.from) * 1000);
    // Go counts durations in ns, in 64 bits: about 292 years.
    if (!(Math.abs(ms) < 9.2e12)) throw queryError('HG_QUERY_SYNTAX', query, tree.from, 'duration out of range');
    return ms;
  }
  const sign = tree.getChild('UnaryOp');
  const inner = tree.lastChild;
  if (sign === null || inner === null) {
    throw queryError('HG_QUERY_UNSUPPORTED', query, tree.from, 'arithmetic in durations');
  }
  const ms = duration(inner, query);
  return query[sign.from] === '-' ? -ms : ms;
}
