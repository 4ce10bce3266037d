import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkName } from '../../lib/certificates/names.ts';
import { parseDuration } from '../../lib/config/duration.ts';
import { createToken, readTokens, revokeToken, SCOPES, type Scope } from '../../lib/tokens/token-file.ts';

const EXAMPLE = `
Example:
  heliograph token create ci --scope ingest:metrics ingest:logs --days 90 --data ./data/core
  heliograph token ls --data ./data/core
  heliograph token revoke ci --data ./data/core`;

const DAY_MS = 86_400_000;
/** Where a core keeps them, and a relay; their doors read it. */
const FILE = 'tokens.json';

/** `heliograph token create|ls|revoke`: who may push into a core or a relay over the network. A running one sees a change within a second. */
export function addTokenCommand(program: Command): void {
  const token = program
    .command('token')
    .description('make and revoke tokens for what pushes into a core, or to the doors of a relay')
    .addHelpText('after', EXAMPLE);
  const data = () => new Option('--data <folder>', "the core's dataDir, or the relay's").default('./data/core');

  token
    .command('create <name>')
    .description('make a token; its secret is printed once and kept nowhere')
    .addOption(new Option('--scope <scope...>', 'what it is for').choices([...SCOPES]).makeOptionMandatory())
    .option('--days <days>', 'how long it is good', days, 365)
    .option('--any-host', 'may send for other hosts than itself, as a Prometheus does', false)
    .addOption(data())
    .addHelpText('after', EXAMPLE)
    .action((name: string, options: { scope: Scope[]; days: number; anyHost: boolean; data: string }) => {
      const created = Date.now();
      const secret = createToken(join(options.data, FILE), {
        name: checkName(name),
        scopes: [...new Set(options.scope)],
        anyHost: options.anyHost,
        created,
        expires: created + options.days * DAY_MS,
      });
      console.log(secret);
      console.error('heliograph: this is the only time it is shown; send it as "Authorization: Bearer ..."');
    });

  token
    .command('ls')
    .description('list the tokens')
    .addOption(data())
    .option('--json', 'as JSON lines')
    .addHelpText('after', EXAMPLE)
    .action((options: { data: string; json?: boolean }) => {
      const now = Date.now();
      for (const { name, scopes, anyHost, created, expires } of readTokens(join(options.data, FILE))) {
        const state = expires !== null && expires <= now ? 'expired' : 'good';
        const row = { name, state, scopes, any_host: anyHost, created: iso(created), expires: expires && iso(expires) };
        console.log(
          options.json
            ? JSON.stringify(row)
            : `${name.padEnd(24)} ${state.padEnd(8)} until ${row.expires ?? 'revoked'}  ${scopes.join(' ')}${anyHost ? ' any-host' : ''}`,
        );
      }
    });

  token
    .command('revoke <name>')
    .description('a token is no longer good')
    .addOption(data())
    .addHelpText('after', EXAMPLE)
    .action((name: string, options: { data: string }) => {
      revokeToken(join(options.data, FILE), name);
      console.log(`${name} is revoked`);
    });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function days(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * DAY_MS : parseDuration(text);
  if (ms === null || ms <= 0 || ms > 36_500 * DAY_MS)
    throw new InvalidArgumentError('give a number of days such as 90, or a duration such as 12h');
  return ms / DAY_MS;
}
