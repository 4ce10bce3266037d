import type { z } from 'zod';
import type { CollectorConfig } from '../collector/node/config.ts';
import type { CoreConfig } from '../core/config.ts';
import type { WatchFile } from '../core/watch/watch-file.ts';
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
/** A watch is a core inside, and has a file of its own. */
export type FileConfig = TierConfig | { readonly tier: 'watch'; readonly config: WatchFile };
export const FILE_KINDS = [...TIERS, 'watch'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/**
 * Reads a configuration file of any tier.
 * @param tier whose it is; found out where it is not given
 * @throws HeliographError HG_CONFIG_*, in the words of the likeliest tier
 */
export async function loadTierConfig(file: string, tier?: Tier): Promise<TierConfig> {
  const schemas = await schemasByTier();
  const found = tier ?? likeliest(file, TIERS, schemas);
  return { tier: found, config: loadConfig(file, schemas[found]) } as TierConfig;
}

/** The same, and of a watch. @throws HeliographError HG_CONFIG_* */
export async function loadFileConfig(file: string, kind?: FileKind): Promise<FileConfig> {
  const { watchFile } = await import('../core/watch/watch-file.ts');
  const schemas: Record<FileKind, z.ZodType> = { ...(await schemasByTier()), watch: watchFile };
  const tier = kind ?? likeliest(file, FILE_KINDS, schemas);
  return { tier, config: loadConfig(file, schemas[tier]) } as FileConfig;
}

async function schemasByTier(): Promise<Record<Tier, z.ZodType>> {
  const [{ coreConfig }, { relayConfig }, { collectorFile }] = await Promise.all([
    import('../core/config.ts'),
    import('../relay/config.ts'),
    import('../collector/node/profile/read-config.ts'),
  ]);
  return { core: coreConfig, relay: relayConfig, collector: collectorFile() };
}

/** Whose schema has the least to say against the file. */
function likeliest<K extends FileKind>(file: string, kinds: readonly K[], schemas: Readonly<Record<K, z.ZodType>>): K {
  const complaints = (kind: K): number => {
    try {
      loadConfig(file, schemas[kind]);
      return 0;
    } catch (error) {
      if (!(error instanceof HeliographError) || !Array.isArray(error.facts.problems)) throw error;
      return error.facts.problems.length;
    }
  };
  return kinds.toSorted((a, b) => complaints(a) - complaints(b))[0]!;
}
