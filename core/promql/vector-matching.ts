import type { BinaryNode, Matching } from './ast.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import type { Labels } from './labels.ts';
import {
  describeLabels,
  dropLabels,
  dropMetricName,
  keepLabels,
  labelValue,
  METRIC_NAME,
  signatureOf,
  withLabel,
} from './labels.ts';
import { isComparison, operate } from './operators.ts';
import type { Row, VectorValue } from './value.ts';
import { put, RowSet } from './value.ts';

/** The labels two series must share to match, as one text. */
export function matchSignature(matching: Matching): (labels: Labels) => string {
  return (labels) => signatureOf(matchLabels(matching, labels));
}

function matchLabels(matching: Matching, labels: Labels): Labels {
  const names = new Set(matching.labels);
  if (matching.on) return keepLabels(labels, names);
  names.add(METRIC_NAME);
  return dropLabels(labels, names);
}

/** Arithmetic and comparison between vectors: one to one, or many to one with group_left and group_right. */
export function matchVectors(node: BinaryNode, left: VectorValue, right: VectorValue, context: Context): VectorValue {
  const { matching } = node;
  const swapped = matching.many === 'right';
  const many = swapped ? right.rows : left.rows;
  const one = swapped ? left.rows : right.rows;
  const signature = matchSignature(matching);
  const partners = new Map<string, Row[]>();
  for (const row of one) {
    const key = signature(row.labels);
    const known = partners.get(key);
    if (known === undefined) partners.set(key, [row]);
    else known.push(row);
  }
  const steps = context.steps.length;
  const charge = (samples: number) => context.budget.charge(samples);
  const set = new RowSet(steps, charge);
  const matched = matching.many === undefined ? new Map<string, Uint8Array>() : undefined;
  refuseDoublePartners(partners, matching, swapped ? 'left' : 'right', many, context);
  const apply = operate(node.operator);
  const filter = isComparison(node.operator) && !node.bool;
  for (const manyRow of many) {
    context.budget.check();
    const key = signature(manyRow.labels);
    for (const oneRow of partners.get(key) ?? []) {
      let row: Row | undefined;
      const taken = matched === undefined ? undefined : takenSteps(matched, key, steps);
      for (let i = 0; i < steps; i++) {
        if (manyRow.present[i] !== 1 || oneRow.present[i] !== 1) continue;
        const [leftValue, rightValue] = swapped
          ? [oneRow.values[i]!, manyRow.values[i]!]
          : [manyRow.values[i]!, oneRow.values[i]!];
        const result = apply(leftValue, rightValue);
        if (filter && result !== 1) continue;
        if (taken !== undefined) {
          if (taken[i] === 1) {
            throw executionError(
              'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
            );
          }
          taken[i] = 1;
        }
        row ??= set.row(resultLabels(node, manyRow.labels, oneRow.labels));
        if (matched === undefined && row.present[i] === 1) {
          throw executionError('multiple matches for labels: grouping labels must ensure unique matches');
        }
        put(row, i, filter ? leftValue : result);
      }
    }
  }
  return { type: 'vector', rows: set.rows() };
}

function takenSteps(matched: Map<string, Uint8Array>, key: string, steps: number): Uint8Array {
  let taken = matched.get(key);
  if (taken === undefined) {
    taken = new Uint8Array(steps);
    matched.set(key, taken);
  }
  return taken;
}

/** The "one" side must have one series a match group at each step where the other side has any series at all. */
function refuseDoublePartners(
  partners: ReadonlyMap<string, readonly Row[]>,
  matching: Matching,
  side: 'left' | 'right',
  many: readonly Row[],
  context: Context,
): void {
  const steps = context.steps.length;
  for (const rows of partners.values()) {
    if (rows.length < 2) continue;
    context.budget.check();
    for (let i = 0; i < steps; i++) {
      const present = rows.filter((row) => row.present[i] === 1);
      if (present.length < 2 || !many.some((row) => row.present[i] === 1)) continue;
      const [first, second] = present as [Row, Row];
      throw executionError(
        `found duplicate series for the match group ${describeLabels(matchLabels(matching, first.labels))} on the ${side} hand-side of the operation: [${describeLabels(second.labels)}, ${describeLabels(first.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
  }
}

function resultLabels(node: BinaryNode, many: Labels, one: Labels): Labels {
  const { matching } = node;
  let labels = isComparison(node.operator) && !node.bool ? many : dropMetricName(many);
  if (matching.many === undefined) {
    const names = new Set(matching.labels);
    labels = matching.on ? keepLabels(labels, names) : dropLabels(labels, names);
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name));
  return labels;
}
