import type { DistributionPlan } from '../../lib/distribution.ts';
import { FLEET_RULE, HOST_RULE } from '../../proto/sketches.ts';
import type { ApplicationsConfig } from './applications-config.ts';

/** By which rule sketches are merged, and what is made of them. */
export interface SketchSettings {
  readonly rule: string;
  readonly plan: DistributionPlan;
}

export function sketchSettings({ quantiles, merge }: ApplicationsConfig['distributions']): SketchSettings {
  const plan = { quantiles, bounds: [], plain: ['count_samples', 'sum_samples', 'min', 'max'] };
  return { rule: merge === 'fleet' ? FLEET_RULE : HOST_RULE, plan };
}
