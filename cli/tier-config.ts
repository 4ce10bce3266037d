import type { z } from 'zod';
import type { CollectorConfig } from '../collector/node/config.ts';
import type { CoreConfig } from '../core/config.ts';
import { loadConfig } from '../lib/config/load.ts';
import { HeliographError } from '../lib/errors.ts';
import type { RelayConfig } from '../relay/config.ts';

export const TIERS = ['core', 'relay', 'collector'] as const;
export type Tier = (typeof TIERS)[number];

/** A configuration and whose it is. */
export type TierConfig =
  | { readonly tier: 'core'; readonly config: CoreConfig }
  | { readonly tier: 'relay'; readonly config: RelayConfig }
  | { readonly tier: 'collector'; readonly config: CollectorConfig };

/**
 * Reads a configuration file of any tier.
 * @param tier whose it is; found out where it is not given
 * @throws HeliographError HG_CONFIG_*, in the words of the likeliest tier
 */
export async function loadTierConfig(file: string, tier?: Tier): Promise<TierConfig> {
  const schemas = await schemasByTier();
  const found = tier ?? likeliest(file, schemas);
  return { tier: found, config: loadConfig(file, schemas[found]) } as TierConfig;
}

async function schemasByTier(): Promise<Record<Tier, z.ZodType>> {
  const [{ coreConfig }, { relayConfig }, { collectorFile }] = await Promise.all([
    import('../core/config.ts'),
    import('../relay/config.ts'),
    import('../collector/node/profile/read-config.ts'),
  ]);
  return { core: coreConfig, relay: relayConfig, collector: collectorFile() };
}

/** The tier whose schema has the least to say against the file. */
function likeliest(file: string, schemas: Record<Tier, z.ZodType>): Tier {
  const complaints = (tier: Tier): number => {
    try {
      loadConfig(file, schemas[tier]);
      return 0;
    } catch (error) {
      if (!(error instanceof HeliographError) || !Array.isArray(error.facts.problems)) throw error;
      return error.facts.problems.length;
    }
  };
  return TIERS.toSorted((a, b) => complaints(a) - complaints(b))[0]!;
}
