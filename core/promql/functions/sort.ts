import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import { compareLabels, labelValue } from '../labels.ts';
import type { VectorValue } from '../value.ts';
import { stringArgument, vectorArgument } from './arguments.ts';
import type { FunctionTable } from './definition.ts';

/** Orders an instant query's series by value, NaN last; a range query's order is by labels whatever is done here. */
function byValue(call: CallNode, context: Context, sign: 1 | -1): VectorValue {
  const { rows } = vectorArgument(call, 0, context);
  if (context.steps.length !== 1) return { type: 'vector', rows };
  const order = [...rows].sort((a, b) => {
    const [x, y] = [a.values[0]!, b.values[0]!];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x < y ? -sign : x > y ? sign : 0;
  });
  return { type: 'vector', rows: order };
}

/** By the labels that are named, one after the other, and then by all; host10 comes behind host9. */
function byLabel(call: CallNode, context: Context, sign: 1 | -1): VectorValue {
  const { rows } = vectorArgument(call, 0, context);
  const names = call.args.slice(1).map((_, i) => stringArgument(call, i + 1));
  const order = [...rows].sort((a, b) => {
    for (const name of names) {
      const [x, y] = [labelValue(a.labels, name), labelValue(b.labels, name)];
      if (x !== y) return isBefore(x, y) ? -sign : sign;
    }
    return sign * compareLabels(a.labels, b.labels);
  });
  return { type: 'vector', rows: order };
}

/** Natural order: runs of digits are compared as numbers, what is between as text. */
function isBefore(a: string, b: string): boolean {
  const [left, right] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (const [i, x] of left.entries()) {
    const y = right[i];
    if (y === undefined) return false;
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const apart = Number(x) - Number(y);
      if (apart !== 0) return apart < 0;
      continue;
    }
    return x < y;
  }
  return true;
}

const ordered = (whole: (call: CallNode, context: Context) => VectorValue) =>
  ({ kind: 'whole', args: ['vector'], returns: 'vector', whole }) as const;
const labelled = (sign: 1 | -1) =>
  ({
    kind: 'whole',
    args: ['vector', 'string'],
    optional: 1,
    variadic: true,
    returns: 'vector',
    whole: (call: CallNode, context: Context) => byLabel(call, context, sign),
  }) as const;

export const SORT_FUNCTIONS: FunctionTable = {
  sort: ordered((call, context) => byValue(call, context, 1)),
  sort_desc: ordered((call, context) => byValue(call, context, -1)),
  sort_by_label: labelled(1),
  sort_by_label_desc: labelled(-1),
};
