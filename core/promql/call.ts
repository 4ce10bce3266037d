import type { CallNode } from './ast.ts';
import { unwrap } from './ast.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { scalarArgument, vectorArgument } from './functions/arguments.ts';
import type { EachFunction, RangeFunction, Window } from './functions/definition.ts';
import { FUNCTIONS } from './functions/table.ts';
import { dropMetricName } from './labels.ts';
import { eachOfMatrix } from './select.ts';
import type { Value, VectorValue } from './value.ts';
import { put, RowSet } from './value.ts';

export function call(node: CallNode, context: Context): Value {
  const definition = FUNCTIONS.get(node.name);
  if (definition === undefined) throw executionError(`the function ${node.name} is not known`);
  if (definition.kind === 'whole') return definition.whole(node, context);
  return definition.kind === 'range' ? overRange(node, definition, context) : overEach(node, definition, context);
}

/** Scalar arguments, step by step, read into one array that is used again and again. */
function parameterReader(
  node: CallNode,
  types: readonly string[],
  context: Context,
): (step: number) => readonly number[] {
  const columns = node.args.flatMap((_, i) => (types[i] === 'scalar' ? [scalarArgument(node, i, context)] : []));
  const parameters = new Array<number>(columns.length).fill(0);
  return (step) => {
    for (let i = 0; i < columns.length; i++) parameters[i] = columns[i]![step]!;
    return parameters;
  };
}

function overRange(node: CallNode, definition: RangeFunction, context: Context): VectorValue {
  const argument = unwrap(node.args[definition.args.indexOf('matrix')]!);
  if (argument.kind !== 'matrix' && argument.kind !== 'subquery')
    throw executionError(`${node.name} needs a range vector`);
  const parameters = parameterReader(node, definition.args, context);
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  const rows = eachOfMatrix(context, argument, ({ labels, times, values }, { ends, range }) => {
    const row = set.fresh(definition.keepsName === true ? labels : dropMetricName(labels));
    const window: Window = { times, values, from: 0, to: 0, start: 0, end: 0, step: 0 };
    // Both edges only move forward, from step to step.
    for (let i = 0; i < ends.length; i++) {
      if ((i & 63) === 0) context.budget.check();
      window.end = ends[i]!;
      window.start = window.end - range;
      window.step = context.steps[i]!;
      while (window.to < times.length && times[window.to]! <= window.end) window.to++;
      while (window.from < window.to && times[window.from]! <= window.start) window.from++;
      if (window.from === window.to) continue;
      const value = definition.range(window, parameters(i));
      if (value !== undefined) put(row, i, value);
    }
    return row;
  });
  for (const row of rows) set.add(row);
  return { type: 'vector', rows: set.rows() };
}

function overEach(node: CallNode, definition: EachFunction, context: Context): VectorValue {
  const { rows } = vectorArgument(node, 0, context);
  const parameters = parameterReader(node, definition.args, context);
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  for (const { labels, values, present } of rows) {
    const row = set.row(dropMetricName(labels));
    for (let i = 0; i < present.length; i++) {
      if (present[i] !== 1) continue;
      const value = definition.each(values[i]!, parameters(i));
      if (value !== undefined) put(row, i, value);
    }
  }
  return { type: 'vector', rows: set.rows() };
}
