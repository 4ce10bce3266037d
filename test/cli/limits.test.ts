import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '../../lib/tokens/token-file.ts';
import { samplesFrame, sentPage } from '../relay/rollup/samples.ts';
import { runCli } from '../support/run-cli.ts';
import { TwoTiers } from '../support/two-tiers.ts';
import { until } from '../support/until.ts';

/** A real relay that counts series before a real core. */
let tiers: TwoTiers;

const run = (...args: string[]) => runCli(['limits', ...args, '--core', tiers.core.url('/').href]);

beforeAll(async () => {
  tiers = await TwoTiers.open({ core: {}, relay: { cardinality: {} } });
  const { dataDir } = tiers.core.config as { dataDir: string };
  const rights = { scopes: ['limits:write' as const], anyHost: false, created: Date.now(), expires: null };
  process.env.HELIOGRAPH_TOKEN = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights });
});
afterAll(async () => {
  delete process.env.HELIOGRAPH_TOKEN;
  await tiers.close();
});

test('a block is in force at the relay when the command ends; ls shows it; lifted, samples go on', async () => {
  const host = await tiers.connect('web-1');
  const page = sentPage([{ name: 'hits', labels: { user: 'u1' } }]);
  await host.define(page.content);
  const sent = async (sequence: number) => {
    await host.send('metric', { frame: samplesFrame(page, sequence, [[Date.now(), sequence]]) } as never);
    return until('it is acknowledged', async () => {
      const ledger = await tiers.relayLedger('metric');
      return ledger.in.frames >= sequence && ledger.queued.frames === 0 ? ledger.dropped : null;
    });
  };
  expect(await sent(1)).toEqual({});
  const given = await run('block', 'hits{user!=""}', '--why', 'a user is no label', '--for', '2h');
  expect(given.code, given.err).toBe(0);
  expect(given.out).toMatch(/^[0-9a-f]{10}: block of hits\{user!=""\}\nin force at 1 of 1 relay's process\n$/);
  expect(await sent(2)).toEqual({ blocked: { frames: 0, items: 1 } });

  const { out } = await run('ls');
  expect(out).toMatch(/^[0-9a-f]{10} +block +hits\{user!=""\} +alice .* in \d+ (min|h).* a user is no label/m);
  const { orders, relays } = JSON.parse((await run('ls', '--json')).out);
  expect(orders).toMatchObject([{ by: 'alice', kind: 'block' }]);
  expect(relays).toMatchObject([{ key: 'relay-1', state: 'in_force' }]);

  const lifted = await run('lift', orders[0].id);
  expect(lifted.out).toBe(`block of hits{user!=""} is lifted\nin force at 1 of 1 relay's process\n`);
  expect(await sent(3)).toEqual({ blocked: { frames: 0, items: 1 } });
  expect((await run('ls')).out).toMatch(/no block or cap is in force/);
  expect((await run('ls', '--all')).out).toMatch(/lifted by alice/);
});

test('a cap by JSON, and what is wrong is said with what to do', async () => {
  const cap = await run('cap', 'keys', '--most', '5', '--per-host', '--why', 'x', '--json');
  expect(JSON.parse(cap.out)).toMatchObject({ relays: [{ state: 'in_force' }] });
  expect((await run('ls')).out).toMatch(/cap 5 a host +keys/);
  const bad = await run('block', 'hits{', '--why', 'x');
  expect(bad.code).toBe(1);
  expect(bad.err).toMatch(/write a PromQL selector/);
  expect((await run('block', 'hits')).err).toMatch(/--why/);
  expect((await run('cap', 'hits', '--why', 'x')).err).toMatch(/--most/);
  const unknown = await run('lift', 'nobody');
  expect(unknown.code).toBe(1);
  expect(unknown.err).toMatch(/none in force has the id nobody/);
  const secret = process.env.HELIOGRAPH_TOKEN;
  delete process.env.HELIOGRAPH_TOKEN;
  expect((await run('lift', 'nobody')).err).toMatch(/token create/);
  process.env.HELIOGRAPH_TOKEN = 'hgt_wrong';
  expect((await run('lift', 'nobody')).err).toMatch(/token is not known/);
  process.env.HELIOGRAPH_TOKEN = secret;
});
