import type { Accumulator } from './accumulators.ts';
import { ACCUMULATORS } from './accumulators.ts';
import type { AggregateNode } from './ast.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { formatDecimal } from './format.ts';
import type { Labels } from './labels.ts';
import { dropLabels, keepLabels, METRIC_NAME, NO_LABELS, signatureOf, withLabel } from './labels.ts';
import { quantileOf } from './quantile.ts';
import { selectSome, selectTop } from './top.ts';
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
    countValues(node, groups, context, set);
    return { type: 'vector', rows: set.rows() };
  }
  const parameter = node.parameter === undefined ? undefined : context.evaluate(node.parameter, context);
  const parameters = parameter?.type === 'scalar' ? parameter.values : undefined;
  if (node.operator === 'topk' || node.operator === 'bottomk') {
    return { type: 'vector', rows: selectTop(groups, node.operator === 'topk', parameters!, context) };
  }
  if (node.operator === 'limitk' || node.operator === 'limit_ratio') {
    return { type: 'vector', rows: selectSome(groups, node.operator, parameters!, context) };
  }
  for (const { labels, members } of groups) {
    const row = set.row(labels);
    if (node.operator === 'quantile') quantiles(members, row, parameters!, context);
    else accumulate(ACCUMULATORS[node.operator]!(), members, row, context);
  }
  return { type: 'vector', rows: set.rows() };
}

function groupRows(rows: readonly Row[], { grouping, without }: AggregateNode): Group[] {
  const names = new Set(grouping);
  if (without) names.add(METRIC_NAME);
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const labels = without
      ? dropLabels(row.labels, names)
      : names.size === 0
        ? NO_LABELS
        : keepLabels(row.labels, names);
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

function countValues(node: AggregateNode, groups: readonly Group[], context: Context, set: RowSet): void {
  const parameter = context.evaluate(node.parameter!, context);
  if (parameter.type !== 'string' || parameter.value === '') {
    throw executionError('invalid label name ""');
  }
  for (const { labels, members } of groups) {
    for (let i = 0; i < context.steps.length; i++) {
      if ((i & 15) === 0) context.budget.check();
      const counts = new Map<string, number>();
      for (const member of members) {
        if (member.present[i] !== 1) continue;
        const text = formatDecimal(member.values[i]!);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      for (const [text, count] of counts) put(set.row(withLabel(labels, parameter.value, text)), i, count);
    }
  }
}
