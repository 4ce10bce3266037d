import { type Command, Option } from 'commander';
import { systemClock } from '../../lib/clock.ts';
import type { LogLevelName } from '../../lib/log.ts';
import { MOST_WORKERS } from '../../relay/most-workers.ts';
import { wholeOption } from '../options.ts';
import { runTier, type TierOptions } from '../run-tier.ts';
import { addMaskCommand } from './mask.ts';
import { addRelayStatusCommands } from './relay-status.ts';
import { addSnmpCommand } from './snmp.ts';

interface Options extends TierOptions {
  readonly config: string;
  readonly roles?: string;
  readonly workers?: number;
}

/** `heliograph core|relay|collector`: one tier as a process of its own. Each loads only what it needs. */
export function addTierCommands(program: Command): void {
  tier(program, 'core', 'run the core: gateway, stores, queries, page', async (options) => {
    const [{ loadConfig }, { coreConfig }, { startCore }, { z }] = await Promise.all([
      import('../../lib/config/load.ts'),
      import('../../core/config.ts'),
      import('../../core/start.ts'),
      import('zod'),
    ]);
    const { roles } = options;
    const schema = roles
      ? z.preprocess((file) => ({ ...(file as object), roles: roles.split(',') }), coreConfig)
      : coreConfig;
    const config = loadConfig(options.config, schema);
    await runTier('core', options, (log) => startCore(config, { log }));
  })
    .option(
      '--roles <list>',
      'what this process does, of gateway, indexer and console; before what the file says (all of them unless stated)',
    )
    .addHelpText('after', '  heliograph core --config gateway-1.yaml --roles gateway,indexer');

  const relay = tier(
    program,
    'relay',
    'run a relay: takes in collectors of a region, journals, forwards',
    async (options) => {
      const [{ loadConfig }, { relayConfig }, { needsWorkers, startWorkers }, { startRelay }, { z }] =
        await Promise.all([
          import('../../lib/config/load.ts'),
          import('../../relay/config.ts'),
          import('../../relay/workers/supervisor.ts'),
          import('../../relay/start.ts'),
          import('zod'),
        ]);
      const { workers, logFile: file, logLevel: level } = options;
      const schema = workers ? z.preprocess((file) => ({ ...(file as object), workers }), relayConfig) : relayConfig;
      const config = loadConfig(options.config, schema);
      const workerLog = { ...(file ? { file } : {}), ...(level ? { level } : {}) };
      await runTier('relay', options, (log) =>
        needsWorkers(config)
          ? startWorkers(config, { log, clock: systemClock, workerLog })
          : startRelay(config, { log, clock: systemClock }),
      );
    },
  )
    .option(
      '--workers <count>',
      `how many processes take collectors in on the one port, 1 to ${MOST_WORKERS}: one a processor core for a big region. ` +
        'Each has its share of the caps of disk, memory and handshakes; before what the file says (1: this process alone)',
      wholeOption(1, MOST_WORKERS),
    )
    .addHelpText('after', '  heliograph relay --config relay.yaml --workers 4\n  heliograph relay status');
  addRelayStatusCommands(relay);

  const collector = tier(program, 'collector', 'run the collector of this machine', async (options) => {
    const [{ loadConfig }, { collectorConfig }, { startCollector }] = await Promise.all([
      import('../../lib/config/load.ts'),
      import('../../collector/node/config.ts'),
      import('../../collector/node/start.ts'),
    ]);
    const config = loadConfig(options.config, collectorConfig);
    await runTier('collector', options, (log) => startCollector(config, { log }));
  })
    .option('--once', 'collect once, print it and exit; needs no configuration')
    .addOption(
      new Option('--format <format>', 'with --once: how to print').choices(['prometheus']).default('prometheus'),
    )
    .option('--root <folder>', 'with --once: where /proc and /sys are', '/')
    .addHelpText('after', '  heliograph collector --once --format prometheus | grep node_load1');
  addMaskCommand(collector);
  addSnmpCommand(collector);
}

function tier(program: Command, name: string, description: string, run: (options: Options) => Promise<void>): Command {
  return program
    .command(name)
    .description(description)
    .option('--config <file>', 'YAML; "heliograph check-config FILE" tells what is wrong with it')
    .option('--log-file <file>', 'write the log there instead of to standard error')
    .addOption(
      new Option('--log-level <level>')
        .choices(['debug', 'info', 'warn', 'error'] satisfies LogLevelName[])
        .default('info'),
    )
    .addHelpText('after', `\nExample:\n  heliograph ${name} --config ${name}.yaml`)
    .action(async (options: Partial<Options> & { once?: boolean; root?: string }, command: Command) => {
      if (options.once) {
        const [{ collectOnce }, { createNodeHost }, { machineSources }] = await Promise.all([
          import('../../collector/core/exposition.ts'),
          import('../../collector/node/host.ts'),
          import('../../collector/node/machine-sources.ts'),
        ]);
        const root = options.root ?? '/';
        process.stdout.write(collectOnce(createNodeHost(), root, machineSources(root)));
        return;
      }
      if (!options.config)
        command.error(`error: --config FILE is missing, as in: heliograph ${name} --config ${name}.yaml`);
      await run(options as Options);
    });
}
