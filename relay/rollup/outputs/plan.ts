import type { DistributionPlan } from '../../../lib/distribution.ts';
import { LIMITS } from '../../../proto/limits.ts';
import type { Output } from './contract.ts';

/** What outputs want of one distribution together; in words, what is wrong where they are not of the kind that several relays can be merged in. */
export function planOf(
  outputs: readonly { readonly text: string; readonly aggregate: Output }[],
): DistributionPlan | string {
  const other = outputs.find(({ aggregate }) => aggregate.merges === undefined);
  if (other) {
    return `with merge: core write quantiles(...), histogram, count_samples, sum_samples, avg, min or max; ${other.text} needs a rule of its own`;
  }
  const plan = { quantiles: [] as number[], bounds: [] as number[], plain: [] as string[] };
  for (const { aggregate } of outputs) {
    const { quantiles = [], bounds = [], plain = [] } = aggregate.merges!;
    plan.quantiles.push(...quantiles);
    plan.bounds.push(...bounds);
    plan.plain.push(...plain);
  }
  if (plan.quantiles.length > LIMITS.sketchNumbers || plan.bounds.length > LIMITS.sketchNumbers) {
    return `write at most ${LIMITS.sketchNumbers} quantiles and bounds`;
  }
  return plan;
}
