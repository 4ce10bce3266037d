import type { Command } from 'commander';
import type { HeldView } from '../../core/limits/answer.ts';
import { coreOption } from '../core-client.ts';
import { durationOption, wholeOption } from '../options.ts';

const ABOUT = `
Orders go through the core to every relay and to the core's own doors, and are in force there within seconds; relays keep them over
restarts. To give or lift one takes a token:
  heliograph token create alice --scope limits:write --data ./data/core
  export HELIOGRAPH_TOKEN=...`;

interface Options {
  readonly core: string;
  readonly json?: boolean;
}

interface GiveOptions extends Options {
  readonly why: string;
  readonly for?: number;
  readonly most?: number;
  readonly perHost?: boolean;
  readonly wait: boolean;
}

/** `heliograph limits`: blocks and caps of series, at every relay through the core. */
export function addLimitsCommand(program: Command): void {
  const limits = program
    .command('limits')
    .description('block or cap series at every relay and at the core, now')
    .addHelpText(
      'after',
      `${ABOUT}

Example:
  heliograph series top --by label
  heliograph limits block 'http_requests_total{user!=""}' --why 'a user is no label' --for 2d
  heliograph limits ls`,
    );

  const core = (command: Command) => command.addOption(coreOption()).option('--json', 'as JSON');

  core(limits.command('ls'))
    .description('blocks and caps: what, by whom, why, until when; and which relays carry them out')
    .option('--all', 'with those that are over')
    .action(async (options: Options & { all?: boolean }) => {
      const [{ endQuietlyWithReader, say }, { ordersText }, { readLimits }] = await Promise.all([
        import('../terminal/output.ts'),
        import('../limits/orders-text.ts'),
        import('../limits/client.ts'),
      ]);
      endQuietlyWithReader();
      const { body, text } = await readLimits(options.core);
      say(options.json ? text : ordersText(body, options.all ?? false));
    });

  const giving = (command: Command) =>
    core(command)
      .requiredOption('--why <text>', 'for whoever finds it later')
      .option('--for <duration>', 'it ends by itself after this, such as 2h or 7d; without it never', durationOption)
      .option('--no-wait', 'do not wait until all relays have it');

  giving(limits.command('block <selector>'))
    .description('drop the samples of series, by a PromQL selector; the ledger counts them as blocked')
    .addHelpText(
      'after',
      `${ABOUT}\n\nExample:\n  heliograph limits block 'http_requests_total{user!=""}' --why 'a user is no label' --for 2d`,
    )
    .action((selector: string, options: GiveOptions) => give({ block: selector }, options));

  giving(limits.command('cap <selector>'))
    .description(
      'let only so many series of each metric go on at all relays together; the samples of the others are added up in one',
    )
    .requiredOption(
      '--most <count>',
      'so many series of each metric, at all relays together',
      wholeOption(0, 2_000_000_000),
    )
    .option('--per-host', 'counted for each host by itself')
    .addHelpText(
      'after',
      `${ABOUT}\n\nExample:\n  heliograph limits cap 'cache_keys{service="shop"}' --most 500 --why 'until the next release' --for 14d`,
    )
    .action((selector: string, { most, perHost, ...options }: GiveOptions) =>
      give({ cap: selector, most, perHost: perHost ?? false }, options),
    );

  core(limits.command('lift <id>'))
    .alias('unblock')
    .description('end a block or cap; "heliograph limits ls" shows the ids')
    .option('--no-wait', 'do not wait until all relays have heard')
    .addHelpText('after', `${ABOUT}\n\nExample:\n  heliograph limits lift 3f2a91c04d`)
    .action(async (id: string, options: Options & { wait: boolean }) => {
      const { liftOrder } = await import('../limits/client.ts');
      const { order, ...told } = await liftOrder(options.core, id);
      await report(`${order.kind} of ${order.match} is lifted`, order, told, options);
    });
}

async function give(form: object, options: GiveOptions): Promise<void> {
  const { giveOrder } = await import('../limits/client.ts');
  // The core adds it to its own clock.
  const span = options.for === undefined ? {} : { for: `${options.for}ms` };
  const { order, ...told } = await giveOrder(options.core, { ...form, why: options.why, ...span });
  await report(`${order.id}: ${order.kind} of ${order.match}`, order, told, options);
}

async function report(
  what: string,
  order: object,
  told: HeldView,
  options: Options & { wait: boolean },
): Promise<void> {
  const [{ remark, say }, { untilHeld }, { heldText }] = await Promise.all([
    import('../terminal/output.ts'),
    import('../limits/client.ts'),
    import('../limits/held-text.ts'),
  ]);
  if (!options.json) say(what);
  const held = options.wait ? await untilHeld(options.core, told, remark) : told;
  if (options.json) say(JSON.stringify({ order, ...held }, null, 2));
  else say(heldText(held));
  const { relays } = held;
  // A relay that counts no series may be meant so; where none does, nothing was done.
  const nowhere = relays.length > 0 && relays.every(({ state }) => state !== 'in_force');
  if (options.wait && (nowhere || relays.some(({ state }) => state === 'waiting' || state === 'newer')))
    process.exitCode = 1;
}
