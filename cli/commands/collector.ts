import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { fileError } from '../../lib/config/file-error.ts';
import { runTier } from '../run-tier.ts';
import { addCollectorDoctorCommand } from './collector-doctor.ts';
import { addMaskCommand } from './mask.ts';
import { addProfileCommand } from './profile.ts';
import { addSnmpCommand } from './snmp.ts';
import { tierCommand } from './tier-command.ts';

interface Options {
  readonly config?: string;
  readonly profile?: string;
  readonly once?: boolean;
  readonly root?: string;
}

/** `heliograph collector`: the collector of this machine, and what is asked of it there. */
export function addCollectorCommand(program: Command): void {
  const collector = tierCommand<Options>(program, 'collector', 'run the collector of this machine', async (options) => {
    if (options.once) return collectOnce(options);
    const [{ markLate }, { readCollectorConfig }, { startCollector }] = await Promise.all([
      import('../../collector/node/mark-late.ts'),
      import('../../collector/node/profile/read-config.ts'),
      import('../../collector/node/start.ts'),
    ]);
    markLate();
    const config = readCollectorConfig(options.config, { profile: options.profile });
    await runTier('collector', options, (log) => startCollector(config, { log }));
  })
    .option(
      '--profile <name>',
      'hardware profile, before what the file and the machine say; "heliograph collector profile" shows it',
    )
    .option(
      '--once',
      'collect once, print it and exit; needs no configuration, and with one has what it asks for beside (units, processes, textfiles)',
    )
    .addOption(
      new Option('--format <format>', 'with --once: how to print').choices(['prometheus']).default('prometheus'),
    )
    .option('--root <folder>', "with --once: where /proc and /sys are; / or the configuration's unless stated")
    .addHelpText('after', '  heliograph collector --once --format prometheus | grep node_load1');
  addMaskCommand(collector);
  addSnmpCommand(collector);
  addCollectorDoctorCommand(collector);
  addProfileCommand(collector);
}

async function collectOnce({ config: file, profile, root }: Options): Promise<void> {
  const [once, { createNodeHost }, { machineOptions, machineSources }] = await Promise.all([
    import('../../collector/core/exposition.ts'),
    import('../../collector/node/host.ts'),
    import('../../collector/node/machine-sources.ts'),
  ]);
  const config =
    file === undefined
      ? null
      : (await import('../../collector/node/profile/read-config.ts')).readCollectorConfig(file, { profile });
  const from = root ?? config?.root ?? '/';
  // Else it would be this machine's own figures that stand for those of another.
  if (root !== undefined && !/^\/+$/.test(root) && !existsSync(`${root}/proc/stat`))
    throw fileError(`${root}/proc/stat`, '--root', { code: 'ENOENT' });
  const sources = await machineSources(from, config === null ? {} : machineOptions(config));
  process.stdout.write(once.collectOnce(createNodeHost(), from, sources));
}
