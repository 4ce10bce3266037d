import type { Command } from 'commander';
import { systemClock } from '../../lib/clock.ts';
import { MOST_WORKERS } from '../../relay/most-workers.ts';
import { wholeOption } from '../options.ts';
import { runTier } from '../run-tier.ts';
import { addRelayStatusCommands } from './relay-status.ts';
import { tierCommand } from './tier-command.ts';

interface Options {
  readonly roles?: string;
  readonly workers?: number;
}

/** `heliograph core|relay|watch`: one tier as a process of its own. Each loads only what it needs. */
export function addTierCommands(program: Command): void {
  tierCommand<Options>(program, 'core', 'run the core: gateway, stores, queries, page', async (options) => {
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

  tierCommand(
    program,
    'watch',
    'run a watch: a small instance in another place, which cores and relays tell how they are, and which raises the alarm when one falls silent',
    async (options) => {
      const [{ loadConfig }, { watchAsCore, watchFile }, { startCore }] = await Promise.all([
        import('../../lib/config/load.ts'),
        import('../../core/watch/watch-file.ts'),
        import('../../core/start.ts'),
      ]);
      const config = watchAsCore(loadConfig(options.config, watchFile));
      await runTier('watch', options, (log) => startCore(config, { log }));
    },
  ).addHelpText(
    'after',
    "\nThe smallest configuration, with a certificate of role core from the same authority as the tiers':\n" +
      '  dataDir: /var/lib/heliograph-watch\n' +
      '  tls: {ca: ca.pem, cert: watch.pem, key: watch.key}\n' +
      '  alerts: {tiers: {expect: [core-1, relay-1]}}\n' +
      'and in core.yaml and relay.yaml:\n' +
      '  watch: {to: [watch.example:9480]}\n' +
      'docs/watch.md has the whole of it.',
  );

  const relay = tierCommand<Options>(
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
}
