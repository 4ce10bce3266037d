import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import type { ScalarValue } from '../value.ts';
import { scalarArgument } from './arguments.ts';
import type { FunctionTable, WholeFunction } from './definition.ts';
import { least, most } from './math.ts';

/** One number for the whole query: its start, end, range and step in seconds, in subqueries too. */
const constant = (of: (context: Context) => number): WholeFunction => ({
  kind: 'whole',
  args: [],
  returns: 'scalar',
  whole: (_, context): ScalarValue => ({
    type: 'scalar',
    values: new Float64Array(context.steps.length).fill(of(context)),
  }),
});

const ofTwo = (choose: (a: number, b: number) => number): WholeFunction => ({
  kind: 'whole',
  args: ['scalar', 'scalar'],
  returns: 'scalar',
  whole: (call: CallNode, context: Context): ScalarValue => {
    const second = scalarArgument(call, 1, context);
    return { type: 'scalar', values: scalarArgument(call, 0, context).map((value, i) => choose(value, second[i]!)) };
  },
});

export const QUERY_FUNCTIONS: FunctionTable = {
  start: constant(({ start }) => start / 1000),
  end: constant(({ end }) => end / 1000),
  range: constant(({ start, end }) => (end - start) / 1000),
  step: constant(({ queryStep }) => queryStep / 1000),
  max_of: ofTwo(most),
  min_of: ofTwo(least),
  pi: constant(() => Math.PI),
};
