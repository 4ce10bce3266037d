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
  METADATA,
  signatureOf,
  withLabel,
} from './labels.ts';
import { isComparison, isTrim, operate } from './operators.ts';
import { noteTrim } from './trim.ts';
import type { Row, VectorValue } from './value.ts';
import { put, RowSet } from './value.ts';

/** The labels two series must share to match, as one text. */
export function matchSignature(matching: Matching): (labels: Labels) => string {
  return (labels) => signatureOf(matchLabels(matching, labels));
}

function matchLabels(matching: Matching, labels: Labels): Labels {
  const names = new Set(matching.labels);
  if (matching.on) return keepLabels(labels, names);
  for (const name of METADATA) names.add(name);
  return dropLabels(labels, names);
}

/** A side of one operation: a series, or what stands in for it where it is missing. */
interface Side {
  readonly labels: Labels;
  value(step: number): number;
}

/**
 * Arithmetic and comparison between vectors: one to one, or many to one with group_left and group_right. With `fill`, a series
 * without a partner meets a number.
 */
export function matchVectors(node: BinaryNode, left: VectorValue, right: VectorValue, context: Context): VectorValue {
  const { matching } = node;
  const swapped = matching.many === 'right';
  const [many, one] = swapped ? [right.rows, left.rows] : [left.rows, right.rows];
  const [fillMany, fillOne] = swapped
    ? [matching.fillRight, matching.fillLeft]
    : [matching.fillLeft, matching.fillRight];
  const signature = matchSignature(matching);
  const partners = bySignature(one, signature);
  const fills = fillMany !== undefined || fillOne !== undefined;
  refuseDoublePartners(partners, matching, swapped ? 'left' : 'right', fills ? undefined : many, context);
  const join = new Join(node, swapped, context);
  const filled = (row: Row, value: number): Side => ({
    labels: matchLabels(matching, row.labels),
    value: () => value,
  });
  for (const manyRow of many) {
    context.budget.check();
    const key = signature(manyRow.labels);
    const found = partners.get(key) ?? [];
    for (const oneRow of found) {
      join.pair(key, side(manyRow), side(oneRow), (i) => manyRow.present[i] === 1 && oneRow.present[i] === 1);
    }
    if (fillOne === undefined) continue;
    const alone = (i: number) => manyRow.present[i] === 1 && !found.some((row) => row.present[i] === 1);
    join.pair(key, side(manyRow), filled(manyRow, fillOne), alone);
  }
  if (fillMany === undefined) return join.result();
  const members = bySignature(many, signature);
  for (const [key, rows] of partners) {
    const met = members.get(key) ?? [];
    for (const oneRow of rows) {
      const alone = (i: number) => oneRow.present[i] === 1 && !met.some((row) => row.present[i] === 1);
      join.pair(key, filled(oneRow, fillMany), side(oneRow), alone);
    }
  }
  return join.result();
}

function bySignature(rows: readonly Row[], signature: (labels: Labels) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = signature(row.labels);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  return groups;
}

function side({ labels, values }: Row): Side {
  return { labels, value: (step) => values[step]! };
}

/** Applies the operator to pairs of series, and refuses what would be two results of one match. */
class Join {
  readonly #node: BinaryNode;
  readonly #swapped: boolean;
  readonly #steps: number;
  readonly #context: Context;
  readonly #set: RowSet;
  /** The steps at which there was a match, by match group; with group_left and group_right by result too. */
  readonly #taken = new Map<string, Uint8Array>();
  readonly #apply: (left: number, right: number) => number;
  readonly #filter: boolean;

  constructor(node: BinaryNode, swapped: boolean, context: Context) {
    this.#node = node;
    this.#swapped = swapped;
    this.#steps = context.steps.length;
    this.#context = context;
    this.#set = new RowSet(this.#steps, (samples) => context.budget.charge(samples));
    this.#apply = operate(node.operator);
    this.#filter = isComparison(node.operator) && !node.bool;
  }

  pair(key: string, many: Side, one: Side, at: (step: number) => boolean): void {
    let row: Row | undefined;
    let taken: Uint8Array | undefined;
    for (let i = 0; i < this.#steps; i++) {
      if (!at(i)) continue;
      if (isTrim(this.#node.operator)) {
        noteTrim(this.#node, this.#context);
        continue;
      }
      row ??= this.#set.row(resultLabels(this.#node, many.labels, one.labels));
      taken ??= this.#takenSteps(key, row);
      if (taken[i] === 1) {
        throw executionError(
          this.#node.matching.many === undefined
            ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
            : 'multiple matches for labels: grouping labels must ensure unique matches',
        );
      }
      taken[i] = 1;
      const [left, right] = this.#swapped ? [one.value(i), many.value(i)] : [many.value(i), one.value(i)];
      const result = this.#apply(left, right);
      if (!this.#filter) put(row, i, result);
      else if (result === 1) put(row, i, left);
    }
  }

  result(): VectorValue {
    return { type: 'vector', rows: this.#set.rows() };
  }

  #takenSteps(key: string, row: Row): Uint8Array {
    const name = this.#node.matching.many === undefined ? key : JSON.stringify([key, row.labels]);
    const taken = this.#taken.get(name) ?? new Uint8Array(this.#steps);
    this.#taken.set(name, taken);
    return taken;
  }
}

/** The "one" side must have one series a match group at each step where the other side has any series at all. */
function refuseDoublePartners(
  partners: ReadonlyMap<string, readonly Row[]>,
  matching: Matching,
  side: 'left' | 'right',
  /** undefined: a series alone is met too. */
  many: readonly Row[] | undefined,
  context: Context,
): void {
  const steps = context.steps.length;
  for (const rows of partners.values()) {
    if (rows.length < 2) continue;
    context.budget.check();
    for (let i = 0; i < steps; i++) {
      const present = rows.filter((row) => row.present[i] === 1);
      if (present.length < 2 || (many !== undefined && !many.some((row) => row.present[i] === 1))) continue;
      const [first, second] = present as [Row, Row];
      const pair = [first, second].map(({ labels }) => describeLabels(labels)).sort();
      throw executionError(
        `found duplicate series for the match group ${describeLabels(matchLabels(matching, first.labels))} on the ${side} hand-side of the operation: [${pair.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
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
