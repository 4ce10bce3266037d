import { join } from 'node:path';
import type { CoreConfig } from '../../core/config.ts';
import { hostPort } from '../../lib/host-port.ts';
import { checkCertificate } from './certificate.ts';
import type { Check } from './check.ts';
import { left, ownerCheck } from './common.ts';
import { checkCore } from './core-view.ts';
import { checkDisk } from './disk.ts';
import { checkJournal } from './journals.ts';
import type { TierQuestions } from './questions.ts';

/** What can be looked at on the machine of a core. */
export async function checkCoreTier(config: CoreConfig, { now, core }: TierQuestions): Promise<Check[]> {
  const checks = checkCertificate(config.tls, 'core', null, now);
  const bus = await checkJournal('bus', join(config.dataDir, 'bus'), 'indexer', config.limits.busBytes, now);
  checks.push(...bus.checks, ownerCheck('core', bus));
  checks.push(...checkDisk(config.dataDir, [{ name: 'the bus', bytes: left(config.limits.busBytes, bus) }]));
  const own = `http://${hostPort(config.http.listen)}`;
  if (core !== null || bus.owner?.state === 'running') checks.push(...(await checkCore(core ?? own, null)));
  return checks;
}
