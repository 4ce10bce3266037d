import type { Node, Pin } from '../../../promql/ast.ts';

/** The times at which a query is evaluated, ms. */
export interface Evaluated {
  readonly start: number;
  readonly end: number;
}

/** The earliest instant of which a query asks for samples, ms; +Infinity where it asks for none. */
export function reachOf(node: Node, { start, end }: Evaluated): number {
  return reach(node, start, { start, end });
}

/** @param from the earliest time at which this node is evaluated */
function reach(node: Node, from: number, query: Evaluated): number {
  switch (node.kind) {
    case 'number':
    case 'string':
      return Number.POSITIVE_INFINITY;
    case 'selector':
      return pinned(node.pin, from, query) - node.offset;
    case 'matrix':
      return pinned(node.selector.pin, from, query) - node.selector.offset - node.range;
    case 'subquery':
      return reach(node.inner, pinned(node.pin, from, query) - node.offset - node.range, query);
    case 'call':
      return Math.min(Number.POSITIVE_INFINITY, ...node.args.map((argument) => reach(argument, from, query)));
    case 'aggregate':
      return Math.min(reach(node.inner, from, query), node.parameter ? reach(node.parameter, from, query) : Infinity);
    case 'binary':
      return Math.min(reach(node.left, from, query), reach(node.right, from, query));
    case 'unary':
    case 'paren':
      return reach(node.inner, from, query);
  }
}

function pinned(pin: Pin | undefined, from: number, { start, end }: Evaluated): number {
  if (pin === undefined) return from;
  return pin === 'start' ? start : pin === 'end' ? end : pin;
}
