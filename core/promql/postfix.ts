import type { TokenCursor } from '../../lib/promql/token-cursor.ts';
import type { Node, Pin } from './ast.ts';
import { formatShort } from './format.ts';

/**
 * What stands after an operand: [5m], [1h:1m], offset 5m, @ 1600000000, anchored, smoothed. Each throws HG_QUERY_SYNTAX where it may
 * not stand.
 * @param at offset of the bracket
 */
export function withRange(node: Node, range: number, at: number, cursor: TokenCursor): Node {
  if (node.kind !== 'selector') throw cursor.wrong(at, 'ranges only allowed for vector selectors');
  if (node.offset !== 0) throw cursor.wrong(at, 'no offset modifiers allowed before range');
  if (node.pin !== undefined) throw cursor.wrong(at, 'no @ modifiers allowed before range');
  return { kind: 'matrix', at: node.at, selector: node, range };
}

const PLACES = 'must be preceded by an instant vector selector or range vector selector or a subquery';

/** @param offset ms; 0 counts as none, as in Prometheus */
export function withOffset(node: Node, offset: number, cursor: TokenCursor): Node {
  const twice = () => cursor.wrong(node.at, 'offset may not be set multiple times');
  if (node.kind === 'matrix') {
    if (node.selector.offset !== 0) throw twice();
    return { ...node, selector: { ...node.selector, offset } };
  }
  if (node.kind === 'selector' || node.kind === 'subquery') {
    if (node.offset !== 0) throw twice();
    return { ...node, offset };
  }
  throw cursor.wrong(node.at, `offset modifier ${PLACES}`);
}

export function withPin(node: Node, pin: Pin, cursor: TokenCursor): Node {
  const twice = () => cursor.wrong(node.at, '@ <timestamp> may not be set multiple times');
  if (node.kind === 'matrix') {
    if (node.selector.pin !== undefined) throw twice();
    return { ...node, selector: { ...node.selector, pin } };
  }
  if (node.kind === 'selector' || node.kind === 'subquery') {
    if (node.pin !== undefined) throw twice();
    return { ...node, pin };
  }
  throw cursor.wrong(node.at, `@ modifier ${PLACES}`);
}

/** The time of an @ modifier in ms. */
export function pinTime(seconds: number, at: number, cursor: TokenCursor): number {
  if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63) {
    throw cursor.wrong(
      at,
      `timestamp out of bounds for @ modifier: ${Number.isFinite(seconds) ? seconds.toFixed(6) : formatShort(seconds)}`,
    );
  }
  // Half away from zero, as Go rounds.
  return Math.sign(seconds) * Math.round(Math.abs(seconds) * 1000);
}

export function withEdges(node: Node, edges: 'anchored' | 'smoothed', cursor: TokenCursor): Node {
  const selector = node.kind === 'matrix' ? node.selector : node;
  if (selector.kind !== 'selector') {
    const where = node.kind === 'subquery' ? 'is not supported for subqueries' : 'not implemented';
    throw cursor.wrong(node.at, `${edges} modifier ${where}`);
  }
  if (selector.edges !== undefined && selector.edges !== edges) {
    throw cursor.wrong(node.at, 'anchored and smoothed modifiers cannot be used together');
  }
  return node.kind === 'matrix' ? { ...node, selector: { ...node.selector, edges } } : { ...selector, edges };
}
