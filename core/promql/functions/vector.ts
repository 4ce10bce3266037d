import type { CallNode, Node } from '../ast.ts';
import { unwrap } from '../ast.ts';
import type { Context } from '../context.ts';
import type { Labels } from '../labels.ts';
import { dropMetricName, METRIC_NAME, NO_LABELS, withLabel } from '../labels.ts';
import { eachOfMatrix, selectVector } from '../select.ts';
import type { ScalarValue, VectorValue } from '../value.ts';
import { put, RowSet } from '../value.ts';
import { vectorArgument } from './arguments.ts';
import type { FunctionTable } from './definition.ts';

/** Between scalars and vectors, and about the presence of series. */
function scalar(call: CallNode, context: Context): ScalarValue {
  const { rows } = vectorArgument(call, 0, context);
  const values = new Float64Array(context.steps.length).fill(Number.NaN);
  for (let i = 0; i < values.length; i++) {
    let count = 0;
    for (const row of rows) {
      if (row.present[i] !== 1) continue;
      count++;
      values[i] = row.values[i]!;
    }
    if (count !== 1) values[i] = Number.NaN;
  }
  return { type: 'scalar', values };
}

function vector(call: CallNode, context: Context): VectorValue {
  const value = context.evaluate(call.args[0]!, context);
  if (value.type !== 'scalar') return { type: 'vector', rows: [] };
  const { values } = value;
  return { type: 'vector', rows: [{ labels: NO_LABELS, values, present: new Uint8Array(values.length).fill(1) }] };
}

/** The labels an absent series must have had: those its selector fixes with `=`. What comes after that about the label undoes it. */
function fixedLabels(node: Node): Labels {
  const inner = unwrap(node);
  const selector = inner.kind === 'matrix' ? inner.selector : inner;
  if (selector.kind !== 'selector') return NO_LABELS;
  const known = new Set<string>();
  let labels = NO_LABELS;
  for (const { name, operator, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    const fixes = operator === '=' && !known.has(name);
    labels = withLabel(labels, name, fixes ? value : '');
    if (fixes) known.add(name);
  }
  return labels;
}

function absentAt(present: (step: number) => boolean, node: Node, context: Context): VectorValue {
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  const row = set.row(fixedLabels(node));
  for (let i = 0; i < context.steps.length; i++) if (!present(i)) put(row, i, 1);
  return { type: 'vector', rows: set.rows() };
}

function absent(call: CallNode, context: Context): VectorValue {
  const { rows } = vectorArgument(call, 0, context);
  return absentAt((i) => rows.some((row) => row.present[i] === 1), call.args[0]!, context);
}

function absentOverTime(call: CallNode, context: Context): VectorValue {
  const node = unwrap(call.args[0]!);
  if (node.kind !== 'matrix' && node.kind !== 'subquery') return { type: 'vector', rows: [] };
  const seen = new Uint8Array(context.steps.length);
  eachOfMatrix(context, node, ({ times }, { ends, range }) => {
    let next = 0;
    for (let i = 0; i < ends.length; i++) {
      while (next < times.length && times[next]! <= ends[i]!) next++;
      if (next > 0 && times[next - 1]! > ends[i]! - range) seen[i] = 1;
    }
  });
  return absentAt((i) => seen[i] === 1, node, context);
}

/** Of a selector: each sample's own time. Of anything else: the step's. In seconds. */
function timestamp(call: CallNode, context: Context): VectorValue {
  const node = unwrap(call.args[0]!);
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  const rows = node.kind === 'selector' ? selectVector(context, node, 'time') : vectorArgument(call, 0, context).rows;
  for (const row of rows) {
    const to = set.row(dropMetricName(row.labels));
    for (let i = 0; i < row.present.length; i++) {
      if (row.present[i] === 1) put(to, i, node.kind === 'selector' ? row.values[i]! : context.steps[i]! / 1000);
    }
  }
  return { type: 'vector', rows: set.rows() };
}

export const VECTOR_FUNCTIONS: FunctionTable = {
  scalar: { kind: 'whole', args: ['vector'], returns: 'scalar', whole: scalar },
  vector: { kind: 'whole', args: ['scalar'], returns: 'vector', whole: vector },
  absent: { kind: 'whole', args: ['vector'], returns: 'vector', whole: absent },
  absent_over_time: { kind: 'whole', args: ['matrix'], returns: 'vector', whole: absentOverTime },
  timestamp: { kind: 'whole', args: ['vector'], returns: 'vector', whole: timestamp },
  time: {
    kind: 'whole',
    args: [],
    returns: 'scalar',
    whole: (_, { steps }) => ({ type: 'scalar', values: steps.map((time) => time / 1000) }),
  },
};
