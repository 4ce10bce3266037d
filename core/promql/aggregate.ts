import type { Accumulator } from './accumulators.ts';
import { ACCUMULATORS } from './accumulators.ts';
import { badQuantile } from './annotations.ts';
import type { AggregateNode } from './ast.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { formatDecimal } from './format.ts';
import type { Labels } from './labels.ts';
import { dropLabels, keepLabels, METADATA, NO_LABELS, signatureOf, withLabel } from './labels.ts';
import { quantileOf } from './quantile.ts';
import { selectFirst, selectRatio, selectTop } from './top.ts';
import type { Row, VectorValue } from './value.ts';
import { put, RowSet } from './value.ts';

export interface Group {
  readonly labels: Labels;
  readonly members: Row[];
}

/** sum, avg, topk, ... by or without labels. */
export function aggregate(node: AggregateNode, context: Context): VectorValue {
  const inner = context.evaluate(node.inner, context);
  if (inner.type !== 'vector') throw executionError(`${node.operator} of something that is no instant vector`);
  const groups = groupRows(inner.rows, node);
  const charge = (samples: number) => context.budget.charge(samples);
  const set = new RowSet(context.steps.length, charge);
  if (node.operator === 'count_values') {
    countValues(node, inner.rows, context, set);
    return { type: 'vector', rows: set.rows() };
  }
  const parameter = node.parameter === undefined ? undefined : context.evaluate(node.parameter, context);
  const parameters = parameter?.type === 'scalar' ? parameter.values : undefined;
  const selected = parameters === undefined ? undefined : select(node, groups, parameters, context);
  if (selected !== undefined) return { type: 'vector', rows: selected };
  if (node.operator === 'quantile') noteQuantiles(node, parameters!, context);
  for (const { labels, members } of groups) {
    const row = set.row(labels);
    if (node.operator === 'quantile') quantiles(members, row, parameters!, context);
    else accumulate(ACCUMULATORS[node.operator]!(), members, row, context);
  }
  return { type: 'vector', rows: set.rows() };
}

/** The aggregations that give the series themselves; undefined for the others. */
function select(
  { operator, parameter }: AggregateNode,
  groups: readonly Group[],
  parameters: Float64Array,
  context: Context,
): Row[] | undefined {
  switch (operator) {
    case 'topk':
    case 'bottomk':
      return selectTop(groups, operator === 'topk', parameters, context);
    case 'limitk':
      return selectFirst(groups, parameters, context);
    case 'limit_ratio':
      return selectRatio(groups, parameters, context, parameter!.at);
    default:
      return undefined;
  }
}

function noteQuantiles({ parameter }: AggregateNode, parameters: Float64Array, context: Context): void {
  const known = parameters.filter((quantile) => !Number.isNaN(quantile));
  const edges = [Math.max(...known), Math.min(...known), known.length < parameters.length ? Number.NaN : 0];
  for (const quantile of known.length === 0 ? [Number.NaN] : edges) {
    const text = badQuantile(quantile);
    if (text !== undefined) context.annotations.warn(text, parameter!.at);
  }
}

/** The labels of the group a series belongs to. */
function groupLabels({ grouping, without }: AggregateNode): (labels: Labels) => Labels {
  const names = new Set(without ? [...grouping, ...METADATA] : grouping);
  if (without) return (labels) => dropLabels(labels, names);
  return names.size === 0 ? () => NO_LABELS : (labels) => keepLabels(labels, names);
}

function groupRows(rows: readonly Row[], node: AggregateNode): Group[] {
  const labelsOf = groupLabels(node);
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const labels = labelsOf(row.labels);
    const signature = signatureOf(labels);
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, { labels, members: [row] });
    else group.members.push(row);
  }
  return [...groups.values()];
}

function accumulate(accumulator: Accumulator, members: readonly Row[], row: Row, context: Context): void {
  for (let i = 0; i < row.present.length; i++) {
    if ((i & 15) === 0) context.budget.check();
    accumulator.reset();
    let any = false;
    for (const member of members) {
      if (member.present[i] !== 1) continue;
      accumulator.add(member.values[i]!);
      any = true;
    }
    if (any) put(row, i, accumulator.result());
  }
}

function quantiles(members: readonly Row[], row: Row, parameters: Float64Array, context: Context): void {
  for (let i = 0; i < row.present.length; i++) {
    if ((i & 15) === 0) context.budget.check();
    const values: number[] = [];
    for (const member of members) if (member.present[i] === 1) values.push(member.values[i]!);
    if (values.length > 0) put(row, i, quantileOf(parameters[i]!, values));
  }
}

/** The value becomes a label of each series before they are grouped: it counts where it is one of the labels grouped by. */
function countValues(node: AggregateNode, rows: readonly Row[], context: Context, set: RowSet): void {
  const parameter = context.evaluate(node.parameter!, context);
  if (parameter.type !== 'string' || parameter.value === '') {
    throw executionError('invalid label name ""');
  }
  const name = parameter.value;
  const group = groupLabels(node.without ? node : { ...node, grouping: [...node.grouping, name] });
  const counted = new Map<Row, Map<string, Row>>();
  for (let i = 0; i < context.steps.length; i++) {
    if ((i & 15) === 0) context.budget.check();
    for (const member of rows) {
      if (member.present[i] !== 1) continue;
      const known = counted.get(member) ?? new Map<string, Row>();
      counted.set(member, known);
      const text = formatDecimal(member.values[i]!);
      const row = known.get(text) ?? set.row(group(withLabel(member.labels, name, text)));
      known.set(text, row);
      row.values[i] = row.present[i] === 1 ? row.values[i]! + 1 : 1;
      row.present[i] = 1;
    }
  }
}
