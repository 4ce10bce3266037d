import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { hostPort } from '../../lib/host-port.ts';
import type { RelayConfig } from '../../relay/config.ts';
import { durationOption } from '../options.ts';

const LOOK_MS = 1000;

interface Options {
  readonly config: string;
  readonly over: number;
  readonly away: number;
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** `heliograph relay drain` and `undrain`: sends a relay's hosts to others before it is taken away, and welcomes hosts again. */
export function addRelayDrainCommands(relay: Command): void {
  relay
    .command('drain')
    .description(
      "send this relay's hosts to the other relays of their lists, and take none in; what it has goes on to the core. It stays so over restarts, until undrain. Run it on the relay's machine, as its user",
    )
    .requiredOption('--config <file>', "the relay's configuration")
    .option('--over <duration>', 'hosts are told to go at moments of their own within this', durationOption, 30_000)
    .option(
      '--away <duration>',
      'hosts are asked not to come back here before this, less a part by chance; ten minutes at most',
      durationOption,
      600_000,
    )
    .option('--wait', 'wait until no host is here and all frames are at the core: then it is safe to stop')
    .option('--json', 'with --wait: an object a second')
    .addHelpText(
      'after',
      '\nExample:\n  heliograph relay drain --config /etc/heliograph/relay.yaml --over 1m --wait && systemctl stop heliograph-relay',
    )
    .action(async (options: Options) => {
      const [{ writeFileSync }, { remark }] = await Promise.all([import('node:fs'), import('../terminal/output.ts')]);
      const { config, file } = await orderOf(options.config);
      writeFileSync(file, `${JSON.stringify({ overMs: options.over, awayMs: options.away })}\n`);
      remark(`${config.name} is to drain within ${options.over / 1000} s; "heliograph relay undrain" takes that back`);
      if (options.wait) await untilEmpty(config.http.listen, options.json ?? false);
    });

  relay
    .command('undrain')
    .description(
      'welcome hosts again; those that have this relay as their first come home by themselves, spread over time ("homecoming" of their configuration)',
    )
    .requiredOption('--config <file>', "the relay's configuration")
    .addHelpText('after', '\nExample:\n  heliograph relay undrain --config /etc/heliograph/relay.yaml')
    .action(async (options: Pick<Options, 'config'>) => {
      const [{ rmSync }, { remark }] = await Promise.all([import('node:fs'), import('../terminal/output.ts')]);
      const { config, file } = await orderOf(options.config);
      rmSync(file, { force: true });
      remark(`${config.name} welcomes hosts again`);
    });
}

/** A relay's configuration, and where the order to drain it stands. @throws HeliographError HG_CONFIG_* */
async function orderOf(configFile: string): Promise<{ readonly config: RelayConfig; readonly file: string }> {
  const [{ loadConfig }, { relayConfig }, { DRAIN_FILE }, { join }] = await Promise.all([
    import('../../lib/config/load.ts'),
    import('../../relay/config.ts'),
    import('../../relay/drain.ts'),
    import('node:path'),
  ]);
  const config = loadConfig(configFile, relayConfig);
  return { config, file: join(config.dataDir, DRAIN_FILE) };
}

/** A line a second on what is left. */
async function untilEmpty(listen: { readonly host: string; readonly port: number }, asJson: boolean): Promise<void> {
  const [{ askRelayStatus }, { remark, say }] = await Promise.all([
    import('../relay-client.ts'),
    import('../terminal/output.ts'),
  ]);
  const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : listen.host;
  const relay = `http://${hostPort({ host, port: listen.port })}`;
  for (;;) {
    const { hosts, classes } = await askRelayStatus({ relay, sort: 'backlog', host: '', count: 1 });
    const frames = classes.reduce((sum, { queued }) => sum + queued.frames, 0);
    if (asJson) say(JSON.stringify({ hosts: hosts.connected, frames }));
    else remark(`${hosts.connected} hosts here, ${frames} frames not at the core`);
    if (hosts.connected === 0 && frames === 0) break;
    await wait(LOOK_MS);
  }
  remark('drained: it is safe to stop');
}
