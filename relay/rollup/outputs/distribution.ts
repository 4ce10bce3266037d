import {
  addToDistribution,
  type Distribution,
  type DistributionPlan,
  startDistribution,
} from '../../../lib/distribution.ts';
import type { Output } from './contract.ts';

/** What the core makes a window's results of, together with what other relays have: it gives none itself. */
export function distribution({ bounds }: DistributionPlan): Output {
  const output: Output<Distribution> = {
    suffix: 'distribution',
    feed: 'samples',
    start: () => startDistribution(bounds.length),
    add: (state, value) => addToDistribution(state, value, bounds),
    results: () => [],
  };
  return output as Output;
}
