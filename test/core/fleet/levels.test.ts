import { afterEach, expect, test } from 'vitest';
import type { LevelOrder, LevelsView } from '../../../core/fleet/level-answer.ts';
import { type Desired, decodeDesired } from '../../../proto/desired.ts';
import { TestCore } from '../../support/core/core.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { tokenOf } from '../../support/core/token.ts';
import { until } from '../../support/until.ts';

const cores: TestCore[] = [];
afterEach(async () => {
  for (const core of cores.splice(0)) await core.remove();
});

async function openCore(): Promise<TestCore> {
  const core = await TestCore.make();
  cores.push(core);
  return core.start();
}

async function send(core: TestCore, method: string, path: string, token: string | null, body?: unknown) {
  const answer = await fetch(core.url(path), {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const said = (await answer.json()) as { code?: string; error?: string; order: LevelOrder; hosts: number };
  return { ...said, status: answer.status };
}

/** What the relay was told of a host, the newest; null: that nothing is wanted any more. */
function told(relay: TestRelay, host: string): Desired | null | undefined {
  const last = relay.received.filter(({ desired }) => desired?.host === host).at(-1)?.desired?.document;
  return last && (last.length === 0 ? null : decodeDesired(new Uint8Array(last)));
}

const DEBUG = { host: 'web*', service: 'pay', level: 'debug', for: '10m', why: 'refunds fail' };

test('an order reaches the hosts it fits, those that come later too, with who, why and until; it is shown', async () => {
  const core = await openCore();
  const relay = await (await core.relay()).hello();
  relay.fleet([{ host: 'web-1' }, { host: 'db-1' }], true);
  await until('two hosts', async () => (await core.get<{ hosts: unknown[] }>('/api/v1/fleet')).hosts.length === 2);
  const before = Date.now();
  const given = await send(core, 'POST', '/api/v1/levels', tokenOf(core, 'levels:write'), DEBUG);
  expect(given).toMatchObject({ status: 200, hosts: 1, order: { host: 'web*', by: 'alice', lifted: null } });
  const end = given.order.until;
  expect(end - before).toBeGreaterThanOrEqual(600_000);
  const wish = { service: 'pay', level: 'debug', until: end, by: 'alice', why: 'refunds fail' };
  // With what older collectors go by.
  const document = { levels: { pay: 'debug' }, until: end, wishes: [wish] };
  expect(await until('web-1 is told', () => told(relay, 'web-1'))).toEqual(document);
  relay.fleet([{ host: 'web-2' }]);
  expect(await until('web-2 is told', () => told(relay, 'web-2'))).toEqual(document);
  expect(told(relay, 'db-1')).toBeUndefined();
  const view = await core.get<LevelsView>('/api/v1/levels');
  expect(view.orders).toEqual([{ ...given.order, inForce: true, hosts: 2 }]);
});

test('orders and the document of a host are told in one; the newest that fits is the last of them; what is lifted is gone', async () => {
  const core = await openCore();
  const relay = await (await core.relay()).hello();
  relay.fleet([{ host: 'web-1' }], true);
  await until('the host', async () => (await core.get<{ hosts: unknown[] }>('/api/v1/fleet')).hosts.length === 1);
  const token = tokenOf(core, 'levels:write');
  const body = { version: 1, levels: { shop: 'error', '*': 'warning' } };
  await send(core, 'PUT', '/api/v1/fleet/web-1/desired', token, body);
  const wide = await send(core, 'POST', '/api/v1/levels', token, { ...DEBUG, host: '*', service: '*', level: 'info' });
  const { order } = await send(core, 'POST', '/api/v1/levels', token, DEBUG);
  const wishes = () => (told(relay, 'web-1')?.wishes ?? []).map(({ service, level }) => `${service} ${level}`);
  await until('all of them', () => wishes().length === 4);
  expect(wishes()).toEqual(['* warning', 'shop error', '* info', 'pay debug']);
  const lifted = await send(core, 'DELETE', `/api/v1/levels/${wide.order.id}`, token);
  expect(lifted.order.lifted).toMatchObject({ by: 'alice' });
  await until('without the wide one', () => wishes().length === 3);
  await send(core, 'DELETE', `/api/v1/levels/${order.id}`, token);
  // What a person put for the host alone stands as it was put.
  expect(await until('the document alone', () => (told(relay, 'web-1')?.wishes ? null : told(relay, 'web-1')))).toEqual(
    {
      levels: { shop: 'error', '*': 'warning' },
      until: null,
    },
  );
  await send(core, 'DELETE', '/api/v1/fleet/web-1/desired', token);
  await until('nothing is wanted', () => told(relay, 'web-1') === null);
  const again = await send(core, 'DELETE', `/api/v1/levels/${order.id}`, token);
  expect(again).toMatchObject({ status: 400, code: 'HG_CORE_LEVELS' });
});

test('an order ends by itself, is remembered over a restart of the core, and a host that was away hears that it is over', async () => {
  const core = await openCore();
  let relay = await (await core.relay()).hello();
  relay.fleet([{ host: 'web-1' }], true);
  await until('the host', async () => (await core.get<{ hosts: unknown[] }>('/api/v1/fleet')).hosts.length === 1);
  const { order } = await send(core, 'POST', '/api/v1/levels', tokenOf(core, 'levels:write'), { ...DEBUG, for: '2s' });
  await until('it is told', () => told(relay, 'web-1')?.wishes?.length === 1);
  relay.close();
  await core.stop();
  await core.start();
  relay = await (await core.relay()).hello();
  relay.fleet([{ host: 'web-1' }], true);
  await until('it is over', () => told(relay, 'web-1') === null);
  expect(Date.now()).toBeGreaterThanOrEqual(order.until);
  const [shown] = (await core.get<LevelsView>('/api/v1/levels')).orders;
  expect(shown).toMatchObject({ id: order.id, by: 'alice', inForce: false, lifted: null });
  relay.fleet([{ host: 'web-7' }]);
  await until('who comes later hears so, too', () => told(relay, 'web-7') === null);
});

test('it takes a token of its own scope, and an order that can be carried out', async () => {
  const core = await openCore();
  const token = tokenOf(core, 'levels:write');
  expect(await send(core, 'POST', '/api/v1/levels', null, DEBUG)).toMatchObject({ status: 401, code: 'HG_DOOR_TOKEN' });
  const other = tokenOf(core, 'limits:write', 'bob');
  expect(await send(core, 'POST', '/api/v1/levels', other, DEBUG)).toMatchObject({
    status: 403,
    code: 'HG_DOOR_SCOPE',
  });
  for (const bad of [
    { ...DEBUG, level: 'loud' },
    { ...DEBUG, for: 'ever' },
    { ...DEBUG, for: '31d' },
    { ...DEBUG, host: 'a b' },
    { ...DEBUG, more: 1 },
    { host: 'web*', level: 'debug' },
  ])
    expect(await send(core, 'POST', '/api/v1/levels', token, bad)).toMatchObject({
      status: 400,
      code: 'HG_CORE_LEVELS',
    });
  for (let i = 0; i < 50; i++) expect((await send(core, 'POST', '/api/v1/levels', token, DEBUG)).status).toBe(200);
  expect((await send(core, 'POST', '/api/v1/levels', token, DEBUG)).error).toContain('50 in force');
});
