import type { CollectorConfig } from '../../collector/node/config.ts';
import { readCollectorConfig } from '../../collector/node/profile/read-config.ts';
import { HeliographError } from '../../lib/errors.ts';
import { type Check, ok } from './check.ts';
import { checkCollector } from './collector.ts';
import { configCheck } from './common.ts';
import { checkOwnLog, usualLog } from './own-log.ts';

/** All checks of the collector whose configuration is `file`. */
export async function examineCollector(
  file: string,
  options: { readonly core?: string; readonly log?: string; readonly login?: boolean; readonly runtime?: string },
): Promise<Check[]> {
  let config: CollectorConfig;
  try {
    config = readCollectorConfig(file);
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return [configCheck(error.message)];
  }
  const now = Date.now();
  const checks = [ok('configuration', `${file}: a good one, of the profile ${config.profile}`)];
  checks.push(
    ...(await checkCollector(config, {
      now,
      core: options.core ?? null,
      login: options.login === true,
      runtime: options.runtime,
    })),
  );
  const log = options.log ?? usualLog(file, 'collector');
  if (log !== null) checks.push(...checkOwnLog(log, now));
  return checks;
}
