import type { CallNode, MatrixNode, SubqueryNode } from './ast.ts';
import { unwrap } from './ast.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { scalarArgument, vectorArgument } from './functions/arguments.ts';
import type { EachFunction, RangeFunction, Window } from './functions/definition.ts';
import { FUNCTIONS } from './functions/table.ts';
import type { Labels } from './labels.ts';
import { dropMetricName, labelValue, METRIC_NAME } from './labels.ts';
import { eachOfMatrix, reach } from './select.ts';
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
  const apply = windowFunction(node, definition, argument);
  const { back, ahead } = argument.kind === 'matrix' ? reach(argument.selector, context) : { back: 0, ahead: 0 };
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  const rows = eachOfMatrix(context, argument, ({ labels, times, values }, { ends, range }) => {
    const row = set.fresh(definition.keepsName === true ? labels : dropMetricName(labels));
    const window: Window = { times, values, from: 0, to: 0, start: 0, end: 0, step: 0 };
    let any = false;
    // Both edges only move forward, from step to step.
    for (let i = 0; i < ends.length; i++) {
      if ((i & 63) === 0) context.budget.check();
      window.end = ends[i]!;
      window.start = window.end - range;
      window.step = context.steps[i]!;
      while (window.to < times.length && times[window.to]! <= window.end + ahead) window.to++;
      while (window.from < window.to && times[window.from]! <= window.start - back) window.from++;
      if (window.from === window.to) continue;
      const warning = definition.warn?.(parameters(i));
      if (warning !== undefined) context.annotations.warn(warning, node.args[definition.args.indexOf('scalar')]!.at);
      const value = apply(window, parameters(i));
      if (value === undefined) continue;
      put(row, i, value);
      any = true;
    }
    if (any && definition.counter === true) noteGauge(labels, argument, context);
    return row;
  });
  for (const row of rows) set.add(row);
  return { type: 'vector', rows: set.rows() };
}

const EXTENDED = {
  anchored: 'changes, delta, increase, rate, resets',
  smoothed: 'delta, increase, rate',
} as const;

/** The function over a window, or under `anchored` and `smoothed` the one that looks beyond its edges. */
function windowFunction(
  node: CallNode,
  { range, extended }: RangeFunction,
  argument: MatrixNode | SubqueryNode,
): RangeFunction['range'] {
  const edges = argument.kind === 'matrix' ? argument.selector.edges : undefined;
  if (edges === undefined) return range;
  if (extended === undefined || !EXTENDED[edges].split(', ').includes(node.name)) {
    throw executionError(`${edges} modifier can only be used with: ${EXTENDED[edges]} - not with ${node.name}`);
  }
  return (window) => extended(window, edges === 'smoothed');
}

/** A rate of what by its name is no counter is most likely a mistake. */
function noteGauge(labels: Labels, argument: MatrixNode | SubqueryNode, context: Context): void {
  const name = labelValue(labels, METRIC_NAME);
  if (name === '' || /_(?:total|sum|count|bucket)$/.test(name)) return;
  context.annotations.inform(
    `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
    // Of a subquery Prometheus has lost the place.
    argument.kind === 'matrix' ? argument.at : 0,
  );
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
