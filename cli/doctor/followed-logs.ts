import { accessSync, constants, globSync } from 'node:fs';
import type { CollectorConfig } from '../../collector/node/config.ts';
import { many } from '../terminal/text.ts';
import { type Check, fail, ok, systemReason, warn } from './check.ts';

/** The log files that a collector is to follow: there, and readable for this user. */
export function checkFollowedLogs(rules: CollectorConfig['logs']): Check[] {
  const checks: Check[] = [];
  const empty: string[] = [];
  let readable = 0;
  for (const pattern of rules.flatMap((rule) => rule.paths)) {
    const files = globSync(pattern);
    if (files.length === 0) empty.push(pattern);
    for (const file of files) {
      try {
        accessSync(file, constants.R_OK);
        readable++;
      } catch (error) {
        const fix = `let the collector's user read it: usermod -aG adm USER, or setfacl -m u:USER:r ${file}`;
        checks.push(fail('log files', `${file}: ${systemReason(error)}`, fix));
      }
    }
  }
  const nothing = empty.length === 0 ? '' : `; nothing matches ${empty.join(', ')}`;
  if (readable > 0) checks.push(ok('log files', `${many(readable, 'file')} can be read${nothing}`));
  else if (empty.length > 0) {
    checks.push(
      warn('log files', `there are none${nothing}`, 'fine if nothing writes there yet; else correct logs.paths'),
    );
  }
  return checks;
}
