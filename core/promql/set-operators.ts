import type { BinaryNode } from './ast.ts';
import type { Context } from './context.ts';
import type { Row, VectorValue } from './value.ts';
import { put, RowSet } from './value.ts';
import { matchSignature } from './vector-matching.ts';

/** and, or, unless: series of one side by what the other side has at the same step. Values and names stay as they are. */
export function setOperation(node: BinaryNode, left: VectorValue, right: VectorValue, context: Context): VectorValue {
  const signature = matchSignature(node.matching);
  const steps = context.steps.length;
  const set = new RowSet(steps, (samples) => context.budget.charge(samples));
  const presence = (rows: readonly Row[]) => {
    const known = new Map<string, Uint8Array>();
    for (const row of rows) {
      const key = signature(row.labels);
      const all = known.get(key) ?? new Uint8Array(steps);
      for (let i = 0; i < steps; i++) if (row.present[i] === 1) all[i] = 1;
      known.set(key, all);
    }
    return known;
  };
  /** Keeps a row's values at the steps where the other side is, or is not, there. */
  const keep = (rows: readonly Row[], others: ReadonlyMap<string, Uint8Array>, wanted: boolean) => {
    for (const row of rows) {
      context.budget.check();
      const other = others.get(signature(row.labels));
      if (other === undefined && wanted) continue;
      const to = set.row(row.labels);
      for (let i = 0; i < steps; i++) {
        if (row.present[i] === 1 && (other?.[i] === 1) === wanted) put(to, i, row.values[i]!);
      }
    }
  };
  if (node.operator === 'or') {
    keep(left.rows, new Map(), false);
    keep(right.rows, presence(left.rows), false);
  } else keep(left.rows, presence(right.rows), node.operator === 'and');
  return { type: 'vector', rows: set.rows() };
}
