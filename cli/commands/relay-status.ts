import { setTimeout as wait } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { SORTS, type Sort } from '../../relay/status/contract.ts';
import { MOST_ROWS } from '../../relay/status/status-query.ts';
import { durationOption, wholeOption } from '../options.ts';
import type { StatusQuestion } from '../relay-client.ts';
import { addRelayDrainCommands } from './relay-drain.ts';

/** Longer than the relay shows the same look to all who ask, ms: the second look has rates. */
const RATE_MS = 1100;

interface Options {
  readonly relay: string;
  readonly sort: Sort;
  readonly host: string;
  readonly hosts: number;
  readonly json?: boolean;
  readonly every: number;
  readonly looks?: number;
}

/** `heliograph relay status` and `heliograph relay top`: a running relay, seen from its own HTTP address. */
export function addRelayStatusCommands(relay: Command): void {
  asking(relay.command('status'), 10)
    .description(
      'show who is connected, what waits, what was dropped and why; exits with 1 where the relay is not well',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  heliograph relay status --sort skew\n  heliograph relay status --json | jq .troubles',
    )
    .action(async (options: Options) => {
      const { askRelayStatus } = await import('../relay-client.ts');
      const { endQuietlyWithReader, say } = await import('../terminal/output.ts');
      endQuietlyWithReader();
      let status = await askRelayStatus(questionOf(options));
      if (status.rate.overMs === null && status.workers.some(({ up }) => up)) {
        await wait(RATE_MS);
        status = await askRelayStatus(questionOf(options));
      }
      if (options.json) say(JSON.stringify(status, null, 2));
      else {
        const { statusText } = await import('../relay/status-text.ts');
        say(statusText(status));
      }
      process.exitCode = status.well ? 0 : 1;
    });

  addRelayDrainCommands(relay);

  asking(relay.command('top'), 50)
    .description('the same, renewed until Ctrl-C; hosts with the most of what it is sorted by stand first')
    .addOption(new Option('--every <duration>', 'how often').argParser(durationOption).default(2000, '2s'))
    .option('--looks <count>', 'end after so many', wholeOption(1, 1_000_000))
    .addHelpText(
      'after',
      '\nExample:\n  heliograph relay top --sort rate --host web-\n  heliograph relay top --looks 2 | tail -20',
    )
    .action(async (options: Options) => {
      const [{ askRelayStatus }, { top }, { TopView }, { keysOf, screenOf }, { endQuietlyWithReader }] =
        await Promise.all([
          import('../relay-client.ts'),
          import('../relay/top.ts'),
          import('../relay/top-view.ts'),
          import('../relay/terminal.ts'),
          import('../terminal/output.ts'),
        ]);
      endQuietlyWithReader();
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      await top({
        ...questionOf(options),
        everyMs: options.every,
        looks: options.looks ?? null,
        ask: askRelayStatus,
        view: new TopView(screenOf(process.stdout)),
        keys: keysOf(process.stdin),
        stop,
      });
    });
}

/** What both want to know. */
function asking(command: Command, hosts: number): Command {
  return command
    .addOption(
      new Option('--relay <url>', "the relay's HTTP address (http.listen)")
        .env('HELIOGRAPH_RELAY')
        .default('http://127.0.0.1:9472'),
    )
    .addOption(new Option('--sort <by>', 'which hosts stand first').choices(SORTS).default('backlog'))
    .addOption(new Option('--host <part>', 'only hosts whose name has this in it').default('', 'all'))
    .option('--hosts <count>', 'at most so many hosts', wholeOption(0, MOST_ROWS), hosts);
}

function questionOf({ relay, sort, host, hosts: count }: Options): StatusQuestion {
  return { relay, sort, host, count };
}
