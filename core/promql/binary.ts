import type { BinaryNode } from './ast.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { dropMetricName } from './labels.ts';
import { isComparison, isSetOperator, isTrim, operate } from './operators.ts';
import { setOperation } from './set-operators.ts';
import { noteTrim } from './trim.ts';
import type { ScalarValue, Value, VectorValue } from './value.ts';
import { put, RowSet } from './value.ts';
import { matchVectors } from './vector-matching.ts';

/** An operator between two scalars, a vector and a scalar, or two vectors. */
export function binary(node: BinaryNode, context: Context): Value {
  const left = context.evaluate(node.left, context);
  const right = context.evaluate(node.right, context);
  if (left.type === 'string' || right.type === 'string') {
    throw executionError('binary expression must contain only scalar and instant vector types');
  }
  if (left.type === 'scalar') {
    return right.type === 'scalar' ? scalars(node, left, right) : withScalar(node, right, left, true, context);
  }
  if (right.type === 'scalar') return withScalar(node, left, right, false, context);
  return isSetOperator(node.operator)
    ? setOperation(node, left, right, context)
    : matchVectors(node, left, right, context);
}

function scalars(node: BinaryNode, left: ScalarValue, right: ScalarValue): ScalarValue {
  if (isTrim(node.operator)) throw executionError(`operator "${node.operator}" not allowed for Scalar operations`);
  const apply = operate(node.operator);
  return { type: 'scalar', values: left.values.map((value, i) => apply(value, right.values[i]!)) };
}

/** A comparison keeps the vector's own values where it holds; `bool` makes it 1 and 0. Arithmetic drops the metric name. */
function withScalar(
  node: BinaryNode,
  vector: VectorValue,
  scalar: ScalarValue,
  scalarLeft: boolean,
  context: Context,
): VectorValue {
  const apply = operate(node.operator);
  const filter = isComparison(node.operator) && !node.bool;
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  for (const { labels, values, present } of vector.rows) {
    const row = set.row(filter ? labels : dropMetricName(labels));
    for (let i = 0; i < present.length; i++) {
      if (present[i] !== 1) continue;
      if (isTrim(node.operator)) {
        noteTrim(node, context);
        continue;
      }
      const value = values[i]!;
      const other = scalar.values[i]!;
      const result = scalarLeft ? apply(other, value) : apply(value, other);
      if (!filter) put(row, i, result);
      else if (result === 1) put(row, i, value);
    }
  }
  return { type: 'vector', rows: set.rows() };
}
