import { type Command, Option } from 'commander';
import { HeliographError } from '../../lib/errors.ts';
import { type Check, ok } from '../doctor/check.ts';
import { configCheck } from '../doctor/common.ts';
import { checkCore } from '../doctor/core-view.ts';
import { checkOwnLog, usualLog } from '../doctor/own-log.ts';
import { report } from '../doctor/report.ts';
import { checkTier } from '../doctor/tier.ts';
import { endQuietlyWithReader } from '../terminal/output.ts';
import { loadTierConfig, TIERS, type Tier, type TierConfig } from '../tier-config.ts';

interface Options {
  readonly config?: string;
  readonly tier?: Tier;
  readonly core?: string;
  readonly log?: string;
  readonly login?: boolean;
  readonly json?: boolean;
}

const EXAMPLE = `
Example:
  heliograph doctor --config relay.yaml --log /var/log/heliograph/relay.log
  heliograph doctor --config collector.yaml --core https://core.example    # clocks and what the core knows of this host too
  heliograph doctor --core http://127.0.0.1:9470                           # a core and its fleet, from outside

Alters nothing but one file that it writes and takes away again. Exits with 1 when something is FAIL.`;

/** `heliograph doctor`: what is wrong with a tier, and what to do about it. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('look for what is wrong with a tier that misbehaves, and say what to do')
    .option('--config <file>', 'the configuration of a tier of this machine')
    .addOption(new Option('--tier <tier>', 'whose it is (found out when not given)').choices(TIERS))
    .addOption(new Option('--core <url>', 'address of a core').env('HELIOGRAPH_CORE'))
    .option('--log <file>', "the tier's own log, for its last errors")
    .option(
      '--login',
      'log in at the next tier as this one, which must be stopped: proves all of the way, and compares clocks',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options, command: Command) => {
      endQuietlyWithReader();
      if (options.config === undefined && options.core === undefined) {
        command.error('error: give --config FILE for a tier of this machine, or --core URL');
      }
      const checks =
        options.config === undefined ? await checkCore(options.core!, null) : await examine(options, options.config);
      report(checks, options.json === true);
    });
}

async function examine(options: Options, file: string): Promise<Check[]> {
  let tier: TierConfig;
  try {
    tier = await loadTierConfig(file, options.tier);
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return [configCheck(error.message)];
  }
  const now = Date.now();
  const checks = [ok('configuration', `${file}: a good one for a ${tier.tier}`)];
  checks.push(...(await checkTier(tier, { now, core: options.core ?? null, login: options.login === true })));
  const log = options.log ?? usualLog(file, tier.tier);
  if (log !== null) checks.push(...checkOwnLog(log, now));
  return checks;
}
