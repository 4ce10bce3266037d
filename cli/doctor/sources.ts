import { getSystemErrorMessage } from 'node:util';
import { collectOnce } from '../../collector/core/exposition.ts';
import type { CollectorConfig } from '../../collector/node/config.ts';
import { createNodeHost } from '../../collector/node/host.ts';
import { type MachineConfig, machineOptions, machineSources } from '../../collector/node/machine-sources.ts';
import { many } from '../terminal/text.ts';
import { type Check, ok, warn } from './check.ts';

/** Every source of the machine, asked once, with the rights of whoever asks. */
export async function checkSources(config: MachineConfig & Pick<CollectorConfig, 'root'>): Promise<Check[]> {
  const failed: Check[] = [];
  const host = createNodeHost({
    log: (_, message, facts = {}) => {
      const why =
        typeof facts.errno === 'number' ? `${facts.path}: ${getSystemErrorMessage(facts.errno)}` : facts.error;
      const fix = `a permission: run as the collector's user with the rights it needs; no such hardware: disabledSources: [${String(facts.source)}]`;
      failed.push(warn(`source ${String(facts.source)}`, `${message}: ${String(why)}`, fix));
    },
  });
  const sources = await machineSources(config.root, machineOptions(config));
  collectOnce(host, config.root, sources);
  const well = sources.length - failed.length;
  return [...(well > 0 ? [ok('sources', `${many(well, 'source')} of this machine can be read`)] : []), ...failed];
}
