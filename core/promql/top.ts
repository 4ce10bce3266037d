import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionError } from './errors.ts';
import type { Row } from './value.ts';

/** topk and bottomk: the series themselves, at the steps where they are among the k. An instant query's come in order of value. */
export function selectTop(groups: readonly Group[], top: boolean, parameters: Float64Array, context: Context): Row[] {
  const steps = context.steps.length;
  const result: Row[] = [];
  for (const { members } of groups) {
    const chosen = new Map<Row, Row>();
    for (let i = 0; i < steps; i++) {
      if ((i & 15) === 0) context.budget.check();
      for (const row of topOf(members, i, limitOf(parameters[i]!), top)) {
        let kept = chosen.get(row);
        if (kept === undefined) {
          context.budget.charge(steps);
          kept = { labels: row.labels, values: new Float64Array(steps), present: new Uint8Array(steps) };
          chosen.set(row, kept);
        }
        kept.values[i] = row.values[i]!;
        kept.present[i] = 1;
      }
    }
    result.push(...chosen.values());
  }
  return result;
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
