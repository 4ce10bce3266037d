import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import { compareLabels, labelValue } from '../labels.ts';
import { naturallyBefore } from '../natural-order.ts';
import { isStepInvariant } from '../step-invariant.ts';
import type { Row, VectorValue } from '../value.ts';
import { stringArgument, vectorArgument } from './arguments.ts';
import type { FunctionTable, WholeFunction } from './definition.ts';

/** Orders an instant query's series; a range query's order is by labels whatever is done here. */
function sorting(labels: boolean, order: (call: CallNode) => (a: Row, b: Row) => number): WholeFunction {
  return {
    kind: 'whole',
    args: labels ? ['vector', 'string'] : ['vector'],
    ...(labels ? { optional: 1, variadic: true } : {}),
    returns: 'vector',
    whole: (call: CallNode, context: Context): VectorValue => {
      const { rows } = vectorArgument(call, 0, context);
      const { steps, until } = context;
      // A range may have one step.
      if (steps[0] !== until && !isStepInvariant(call)) {
        context.annotations.warn(
          'sort is ineffective for range queries since results are always ordered by labels',
          call.at,
        );
      }
      return { type: 'vector', rows: steps.length === 1 ? [...rows].sort(order(call)) : rows };
    },
  };
}

/** By value, NaN last. */
const byValue = (sign: 1 | -1) => () => (a: Row, b: Row) => {
  const [x, y] = [a.values[0]!, b.values[0]!];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -sign : x > y ? sign : 0;
};

/** By each label in turn, numbers in them by their value, and by all labels in the end. */
const byLabels = (sign: 1 | -1) => (call: CallNode) => {
  const names = call.args.slice(1).map((_, i) => stringArgument(call, i + 1));
  return (a: Row, b: Row) => {
    for (const name of names) {
      const [x, y] = [labelValue(a.labels, name), labelValue(b.labels, name)];
      if (x !== y) return naturallyBefore(x, y) ? -sign : sign;
    }
    return sign * compareLabels(a.labels, b.labels);
  };
};

export const SORT_FUNCTIONS: FunctionTable = {
  sort: sorting(false, byValue(1)),
  sort_desc: sorting(false, byValue(-1)),
  sort_by_label: sorting(true, byLabels(1)),
  sort_by_label_desc: sorting(true, byLabels(-1)),
};
