import type { TierConfig } from '../tier-config.ts';
import type { Check } from './check.ts';
import type { TierQuestions } from './questions.ts';

/** Everything that can be looked at on the machine of a tier. Each loads only what it needs. */
export async function checkTier(tier: TierConfig, questions: TierQuestions): Promise<Check[]> {
  if (tier.tier === 'collector') return (await import('./collector.ts')).checkCollector(tier.config, questions);
  if (tier.tier === 'relay') return (await import('./relay.ts')).checkRelay(tier.config, questions);
  return (await import('./core.ts')).checkCoreTier(tier.config, questions);
}
