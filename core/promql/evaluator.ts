import { aggregate } from './aggregate.ts';
import type { Node, UnaryNode } from './ast.ts';
import { binary } from './binary.ts';
import { call } from './call.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { dropMetricName } from './labels.ts';
import { selectVector } from './select.ts';
import type { Value } from './value.ts';
import { put, RowSet } from './value.ts';

/** One node over all steps at once, so that each selector reads its series once. */
export function evaluateNode(node: Node, context: Context): Value {
  switch (node.kind) {
    case 'number':
      return { type: 'scalar', values: new Float64Array(context.steps.length).fill(node.value) };
    case 'string':
      return { type: 'string', value: node.value };
    case 'paren':
      return evaluateNode(node.inner, context);
    case 'selector':
      return { type: 'vector', rows: selectVector(context, node) };
    case 'unary':
      return unary(node, context);
    case 'call':
      return call(node, context);
    case 'aggregate':
      return aggregate(node, context);
    case 'binary':
      return binary(node, context);
    case 'matrix':
    case 'subquery':
      throw executionError('a range vector stands where it has no value of its own');
  }
}

function unary(node: UnaryNode, context: Context): Value {
  const inner = evaluateNode(node.inner, context);
  if (node.operator === '+' || inner.type === 'string') return inner;
  if (inner.type === 'scalar') return { type: 'scalar', values: inner.values.map((value) => -value) };
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  for (const { labels, values, present } of inner.rows) {
    const row = set.fresh(dropMetricName(labels));
    for (let i = 0; i < present.length; i++) if (present[i] === 1) put(row, i, -values[i]!);
    set.add(row);
  }
  return { type: 'vector', rows: set.rows() };
}
