import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { durationOption } from '../options.ts';
import { runTier, type TierOptions } from '../run-tier.ts';

interface Options extends TierOptions {
  readonly relay: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly data: string;
  readonly every: number;
  readonly up: number;
  readonly interval: number;
}

const EXAMPLE = `
A collector that measures one thing: a value that crosses its threshold again and again. A rule of the core (deploy/alerts/canary.yaml) makes an
alert of it, which goes the way of all alerts, and whose time is kept (GET /api/v1/alerts/latency, source canary). With alerts.canary.every
in the core, CanarySilent fires when it does not come (docs/canary.md).

Example:
  heliograph ca issue canary-1 --role collector --dir ./ca
  heliograph canary --relay relay-1.example:8883 --ca ca/ca.pem --cert ca/canary-1.pem --key ca/canary-1.key --every 5m`;

/** `heliograph canary`: a host whose alert should fire every few minutes. */
export function addCanaryCommand(program: Command): void {
  program
    .command('canary')
    .description(
      'run a host whose alert should fire every few minutes, to measure the way and to notice that it is broken',
    )
    .requiredOption('--relay <host:port...>', 'where relays take it in')
    .requiredOption('--ca <file>', 'the authority')
    .requiredOption('--cert <file>', 'its certificate: the name in it is the name of the host')
    .requiredOption('--key <file>', 'the key of it')
    .option('--data <folder>', 'where it keeps what is on the way', './data/canary')
    .option('--every <duration>', 'from one alert to the next', durationOption, 300_000)
    .option('--up <duration>', 'how long the value stays above its threshold', durationOption, 60_000)
    .option('--interval <duration>', 'between two samples', durationOption, 5_000)
    .option('--log-file <file>', 'write the log there, not to standard output')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .addHelpText('after', EXAMPLE)
    .action(async (options: Options) => {
      if (options.up < 2 * options.interval || options.every <= options.up) {
        throw new InvalidArgumentError('--up is at least two of --interval, and less than --every');
      }
      const [{ collectorConfig }, { startCollector }, { canarySource }] = await Promise.all([
        import('../../collector/node/config.ts'),
        import('../../collector/node/start.ts'),
        import('../canary/canary-source.ts'),
      ]);
      const { relay, ca, cert, key, data, every, up, interval } = options;
      const config = collectorConfig.parse({
        ...{ dataDir: data, relays: relay, tls: { ca, cert, key } },
        ...{ interval: `${interval}ms`, statusInterval: '1m' },
      });
      await runTier('canary', options, (log) => startCollector(config, { log, sources: [canarySource(every, up)] }));
    });
}
