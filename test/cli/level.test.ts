import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '../../lib/tokens/token-file.ts';
import { decodeDesired } from '../../proto/desired.ts';
import { runCli } from '../support/run-cli.ts';
import { TwoTiers } from '../support/two-tiers.ts';
import { until } from '../support/until.ts';

/** A real relay before a real core, and a host at it. */
let tiers: TwoTiers;
let told: readonly Uint8Array[];

const run = (...args: string[]) => runCli(['level', ...args, '--core', tiers.core.url('/').href]);

beforeAll(async () => {
  tiers = await TwoTiers.open({ core: {}, relay: {} });
  const { dataDir } = tiers.core.config as { dataDir: string };
  const rights = { scopes: ['levels:write' as const], anyHost: false, created: Date.now(), expires: null };
  process.env.HELIOGRAPH_TOKEN = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights });
  const host = await tiers.connect('web-1');
  told = host.desired;
  await until(
    'the core knows the host',
    async () => (await tiers.core.get<{ hosts: unknown[] }>('/api/v1/fleet')).hosts.length > 0,
  );
});
afterAll(async () => {
  delete process.env.HELIOGRAPH_TOKEN;
  await tiers.close();
});

const wishes = () => (told.at(-1)?.length ? (decodeDesired(told.at(-1)!).wishes ?? []) : []);

test('services of hosts by pattern are turned down for a time, through the relay; ls shows it; default undoes it', async () => {
  const given = await run('--service', 'pay', '--host', 'web*', 'debug', '--for', '10m', '--why', 'refunds fail');
  expect(given.code, given.err).toBe(0);
  expect(given.out).toMatch(/^\w{8}: pay on web\* \(1 host of now\) sends debug and above until \d{4}-.*Z\n$/);
  await until('the host is told', () => wishes().length === 1);
  expect(wishes()).toMatchObject([{ service: 'pay', level: 'debug', by: 'alice', why: 'refunds fail' }]);
  expect((await run('ls')).out).toMatch(/^\w{8} +debug +pay +web\* +1 +alice .* in \d+ min.* refunds fail$/m);
  const undone = await run('--service', 'pay', '--host', 'web*', 'default');
  expect(undone.out).toMatch(/^\w{8}: lifted; pay on web\* \(1 host of now\) is as configured there\n$/);
  await until('the host is told that it is over', () => told.at(-1)?.length === 0);
  expect((await run('ls')).out).toMatch(/no level is ordered/);
  expect((await run('ls', '--all')).out).toMatch(/lifted by alice/);
  expect((await run('--service', 'pay', '--host', 'web*', 'default')).out).toMatch(
    /nothing is ordered for pay on web\*/,
  );
});

test('a host by name, for an hour unless said otherwise; by JSON; lifted by its id', async () => {
  const { order } = JSON.parse((await run('web-1', 'error', '--json')).out);
  expect(order).toMatchObject({ host: 'web-1', service: '*', level: 'error' });
  expect(order.until - order.at).toBe(3_600_000);
  const { orders } = JSON.parse((await run('ls', '--json')).out);
  expect(orders[0]).toMatchObject({ id: order.id, inForce: true, hosts: 1 });
  expect((await run('lift', order.id)).code).toBe(0);
});

test('what is wrong is said with what to do', async () => {
  expect((await run('web-1', 'loud')).err).toMatch(/write one of: trace, debug/);
  expect((await run('debug')).err).toMatch(/say which hosts/);
  expect((await run('lift', 'nobody')).err).toMatch(/none in force has the id nobody/);
  const token = process.env.HELIOGRAPH_TOKEN;
  delete process.env.HELIOGRAPH_TOKEN;
  expect((await run('web-1', 'debug')).err).toMatch(/--scope levels:write/);
  process.env.HELIOGRAPH_TOKEN = token;
});
