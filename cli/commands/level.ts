import { type Command, Option } from 'commander';
import type { LevelsView, LevelTold } from '../../core/fleet/level-answer.ts';
import { HeliographError } from '../../lib/errors.ts';
import { LOG_LEVELS } from '../../proto/desired.ts';
import { askCore, coreOption, coreUrl, tellCore } from '../core-client.ts';
import { durationOption } from '../options.ts';
import { orderToken } from '../order-token.ts';

const ABOUT = `
Names and patterns: * is any text, ? any one character. Of several orders that fit, the one given last is in force. Hosts that connect later
hear of it too. Each order ends by itself, also where the core is away then; docs/levels.md. To give or lift one takes a token:
  heliograph token create alice --scope levels:write --data ./data/core
  export HELIOGRAPH_TOKEN=...

Example:
  heliograph level --service pay --host 'web*' debug --for 10m --why 'refunds fail'
  heliograph level ls
  heliograph level --service pay --host 'web*' default`;

const PATH = '/api/v1/levels';
const MS_A_SECOND = 1000;

interface Options {
  readonly core: string;
  readonly json?: boolean;
}
interface GiveOptions extends Options {
  readonly host?: string;
  readonly service: string;
  readonly for: number;
  readonly why: string;
}

/** `heliograph level`: the lowest log level that services of hosts send, for a time. */
export function addLevelCommand(program: Command): void {
  const level = program
    .command('level')
    .argument('[host]', 'the same as --host')
    .argument('[level]', `${LOG_LEVELS.join(', ')}; or "default": back to the hosts' own configuration`)
    .description('turn the lowest log level of services up or down, on hosts by name or pattern, for a time')
    .option('--host <pattern>', 'which hosts')
    .option('--service <pattern>', 'which services', '*')
    .addOption(
      new Option('--for <duration>', 'it ends by itself after this')
        .argParser(durationOption)
        .default(durationOption('1h'), '1h'),
    )
    .option('--why <text>', 'for whoever finds it later', '')
    .addOption(coreOption())
    .option('--json', 'as JSON')
    .addHelpText('after', ABOUT)
    .action(async (first: string | undefined, second: string | undefined, options: GiveOptions) => {
      const wanted = second ?? first;
      const host = options.host ?? (second === undefined ? undefined : first);
      if (wanted === undefined || host === undefined)
        throw new HeliographError(
          'HG_CONFIG_VALUE',
          "say which hosts, and which level: heliograph level --service pay --host 'web*' debug --for 10m",
        );
      await (wanted === 'default' ? undo(host, options) : give(host, wanted, options));
    });

  level
    .command('ls')
    .description('what is ordered: level, services, hosts, by whom, why, until when')
    .option('--all', 'with those that are over')
    .addOption(coreOption())
    .option('--json', 'as JSON')
    .action(async ({ core, all, json }: Options & { all?: boolean }) => {
      const [{ endQuietlyWithReader, say }, { levelOrdersText }] = await Promise.all([
        import('../terminal/output.ts'),
        import('../levels/orders-text.ts'),
      ]);
      endQuietlyWithReader();
      const { body, text } = await askCore<LevelsView>(coreUrl(core, PATH));
      say(json ? text : levelOrdersText(body, all ?? false));
    });

  level
    .command('lift <id>')
    .description('end an order before its time')
    .addOption(coreOption())
    .option('--json', 'as JSON')
    .action(async (id: string, { core, json }: Options) => {
      report(await lift(core, id), 'lifted', json);
    });
}

async function give(host: string, wanted: string, options: GiveOptions): Promise<void> {
  if (!LOG_LEVELS.some((known) => known === wanted))
    throw new HeliographError(
      'HG_CONFIG_VALUE',
      `level is "${wanted}"; write one of: ${LOG_LEVELS.join(', ')}, default`,
    );
  const { service, why } = options;
  const body = { host, service, level: wanted, why, for: `${Math.round(options.for / MS_A_SECOND)}s` };
  const told = await tellCore<LevelTold>(coreUrl(options.core, PATH), 'POST', {
    body,
    token: orderToken('levels:write'),
  });
  report(told.body, 'given', options.json);
}

/** Lifts what was ordered for the same hosts and services. */
async function undo(host: string, { core, service, json }: GiveOptions): Promise<void> {
  const { orders } = (await askCore<LevelsView>(coreUrl(core, PATH))).body;
  const same = orders.filter((order) => order.inForce && order.host === host && order.service === service);
  if (same.length === 0 && !json)
    console.log(`nothing is ordered for ${service} on ${host}; "heliograph level ls" shows what is`);
  for (const { id } of same) report(await lift(core, id), 'lifted', json);
}

async function lift(core: string, id: string): Promise<LevelTold> {
  return (
    await tellCore<LevelTold>(coreUrl(core, `${PATH}/${encodeURIComponent(id)}`), 'DELETE', {
      token: orderToken('levels:write'),
    })
  ).body;
}

function report({ order, hosts }: LevelTold, what: 'given' | 'lifted', json: boolean | undefined): void {
  const { id, service, host, level, until } = order;
  const count = `${hosts} host${hosts === 1 ? '' : 's'} of now`;
  if (json) console.log(JSON.stringify({ order, hosts }));
  else if (what === 'lifted') console.log(`${id}: lifted; ${service} on ${host} (${count}) is as configured there`);
  else
    console.log(
      `${id}: ${service} on ${host} (${count}) sends ${level} and above until ${new Date(until).toISOString()}`,
    );
}
