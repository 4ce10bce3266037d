import type { DistributionPlan } from '../../../lib/distribution.ts';
import { LIMITS } from '../../../proto/limits.ts';
import type { Output } from './contract.ts';

/** What outputs want of the core together, where it merges; in words, what is wrong where that is more than a frame can say. */
export function planOf(outputs: readonly { readonly aggregate: Output }[]): DistributionPlan | string {
  const plan = { quantiles: [] as number[], bounds: [] as number[], plain: [] as string[] };
  for (const { aggregate } of outputs) {
    const { quantiles = [], bounds = [], plain = [] } = aggregate.merges;
    plan.quantiles.push(...quantiles);
    plan.bounds.push(...bounds);
    plan.plain.push(...plain);
  }
  if (plan.quantiles.length > LIMITS.sketchNumbers || plan.bounds.length > LIMITS.sketchNumbers) {
    return `write at most ${LIMITS.sketchNumbers} quantiles and bounds`;
  }
  return plan;
}
