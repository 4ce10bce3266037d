import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { loadConfig } from '../../lib/config/load.ts';
import { HeliographError } from '../../lib/errors.ts';

const TIERS = ['core', 'relay', 'collector'] as const;
type Tier = (typeof TIERS)[number];

/** `heliograph check-config FILE`: says what is wrong with a configuration, or that nothing is. */
export function addCheckConfigCommand(program: Command): void {
  program
    .command('check-config <file>')
    .description('hold a configuration file against its schema')
    .addOption(new Option('--tier <tier>', 'whose configuration it is (found out when not given)').choices(TIERS))
    .option('--json', 'the configuration as read, defaults filled in')
    .addHelpText('after', '\nExample:\n  heliograph check-config relay.yaml --tier relay')
    .action(async (file: string, options: { tier?: Tier; json?: boolean }) => {
      const schemas = await schemasByTier();
      const tier = options.tier ?? likeliest(file, schemas);
      const config = loadConfig(file, schemas[tier]);
      console.log(options.json ? JSON.stringify(config, null, 2) : `${file}: a good configuration for a ${tier}`);
    });
}

async function schemasByTier(): Promise<Record<Tier, z.ZodType>> {
  const [{ coreConfig }, { relayConfig }, { collectorConfig }] = await Promise.all([
    import('../../core/config.ts'),
    import('../../relay/config.ts'),
    import('../../collector/node/config.ts'),
  ]);
  return { core: coreConfig, relay: relayConfig, collector: collectorConfig };
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
