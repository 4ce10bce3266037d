import {
  addToDistribution,
  addToSummary,
  type Distribution,
  type DistributionPlan,
  isSketched,
  startDistribution,
} from '../../../lib/distribution.ts';
import { wantsRest } from '../../../lib/window-part.ts';
import type { Output } from './contract.ts';

/**
 * What the core makes a window's results of, together with what others have: it gives none itself.
 * @param own nobody but the relay's own processes
 */
export function distribution(plan: DistributionPlan, own: boolean): Output<Distribution> {
  const { bounds } = plan;
  // The wire's first layout has sketches only.
  const sketched = isSketched(plan) || !(own || wantsRest(plan));
  return {
    suffix: 'distribution',
    merges: {},
    feed: 'samples',
    start: () => startDistribution(bounds.length),
    add: sketched ? (state, value) => addToDistribution(state, value, bounds) : addToSummary,
    results: () => [],
  };
}
