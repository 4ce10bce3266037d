import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import { signatureOf } from './labels.ts';
import type { Row } from './value.ts';

/** topk and bottomk: the series themselves, at the steps where they are among the k. An instant query's come in order of value. */
export function selectTop(groups: readonly Group[], top: boolean, parameters: Float64Array, context: Context): Row[] {
  return chosen(groups, context, (members, step) => topOf(members, step, limitOf(parameters[step]!), top));
}

/**
 * limitk: the first k of each group, in order of labels. limit_ratio: about that share of the series, always the same ones; of a negative
 * share the complement, so that limit_ratio(0.2, v) or limit_ratio(-0.8, v) is v.
 */
export function selectSome(
  groups: readonly Group[],
  operator: 'limitk' | 'limit_ratio',
  parameters: Float64Array,
  context: Context,
): Row[] {
  return chosen(groups, context, (members, step) => {
    const present = members.filter((row) => row.present[step] === 1);
    if (operator === 'limitk') return present.slice(0, Math.max(0, limitOf(parameters[step]!)));
    const ratio = parameters[step]!;
    if (Number.isNaN(ratio)) throw executionError('Ratio value is NaN');
    return present.filter((row) => (ratio >= 0 ? placeOf(row) < ratio : placeOf(row) >= 1 + ratio));
  });
}

/** The series that `choose` takes at each step. */
function chosen(
  groups: readonly Group[],
  context: Context,
  choose: (members: readonly Row[], step: number) => Row[],
): Row[] {
  const steps = context.steps.length;
  const result: Row[] = [];
  for (const { members } of groups) {
    const taken = new Map<Row, Row>();
    for (let i = 0; i < steps; i++) {
      if ((i & 15) === 0) context.budget.check();
      for (const row of choose(members, i)) {
        let kept = taken.get(row);
        if (kept === undefined) {
          context.budget.charge(steps);
          kept = { labels: row.labels, values: new Float64Array(steps), present: new Uint8Array(steps) };
          taken.set(row, kept);
        }
        kept.values[i] = row.values[i]!;
        kept.present[i] = 1;
      }
    }
    result.push(...taken.values());
  }
  return result;
}

/** Where a series stands in [0, 1): spread evenly, and always at the same place (FNV-1a, and a finalizer that mixes its bits). */
function placeOf(row: Row): number {
  let hash = 0x811c9dc5;
  for (const char of signatureOf(row.labels)) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function limitOf(parameter: number): number {
  if (parameter < 1) return 0;
  if (!(parameter < 2 ** 63)) {
    throw executionError(`Scalar value ${parameter} overflows int64`);
  }
  return Math.trunc(parameter);
}

function topOf(members: readonly Row[], step: number, limit: number, top: boolean): Row[] {
  if (limit < 1) return [];
  const present = members.filter((row) => row.present[step] === 1);
  const sign = top ? -1 : 1;
  // NaN is the last choice of both; equal values keep the order of their labels.
  present.sort((a, b) => {
    const [x, y] = [a.values[step]!, b.values[step]!];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x < y ? -sign : x > y ? sign : 0;
  });
  return present.length > limit ? present.slice(0, limit) : present;
}
