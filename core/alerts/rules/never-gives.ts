import type { Node } from '../../promql/ast.ts';
import { isNative } from '../../promql/functions/histogram.ts';
import { isTrim } from '../../promql/operators.ts';
import { partsOf } from '../../promql/repeated.ts';

/** Functions that give something of nothing. */
const OF_NOTHING = new Set(['absent', 'absent_over_time', 'scalar', 'vector']);

/** A part of an expression for which the whole gives nothing, whatever the samples are. */
export interface Barren {
  /** A function or an operator. */
  readonly name: string;
  /** Offset in the expression. */
  readonly at: number;
}

/** Why an expression can never give anything: it needs native histograms, which are not kept. Null: it may. Classic ones beside them, after `or`, are well. */
export function neverGives(node: Node): Barren | null {
  if (node.kind === 'call') {
    if (isNative(node.name)) return node;
    if (OF_NOTHING.has(node.name)) return null;
  }
  if (node.kind === 'aggregate') return neverGives(node.inner);
  if (node.kind !== 'binary') return firstOf(partsOf(node));
  const { operator, operatorAt, left, right, matching } = node;
  if (isTrim(operator)) return { name: operator, at: operatorAt };
  if (operator === 'unless') return neverGives(left);
  const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  if (operator !== 'or' && !fills) return firstOf([left, right]);
  const [one, other] = [neverGives(left), neverGives(right)];
  return one && other && one;
}

function firstOf(parts: readonly Node[]): Barren | null {
  for (const part of parts) {
    const found = neverGives(part);
    if (found) return found;
  }
  return null;
}
