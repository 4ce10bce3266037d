import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { KeptOrder, RelayHolds } from '../../../core/limits/answer.ts';
import { decodeOrders } from '../../../lib/limits/order-message.ts';
import { TestCore } from '../../support/core/core.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { tokenOf } from '../../support/core/token.ts';
import { until } from '../../support/until.ts';

interface LimitsView {
  readonly version: number;
  readonly orders: readonly KeptOrder[];
  readonly relays: readonly RelayHolds[];
}

const cores: TestCore[] = [];
afterEach(async () => {
  for (const core of cores.splice(0).reverse()) await core.remove();
});

async function openCore(changes: object = {}): Promise<TestCore> {
  const core = await TestCore.make();
  cores.push(core);
  return core.start(changes);
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
  const said = (await answer.json()) as { code?: string; error?: string; order: KeptOrder };
  return { ...said, status: answer.status };
}

const view = (core: TestCore) => core.get<LimitsView>('/api/v1/limits');
const BLOCK = { block: 'hits{user!=""}', why: 'a user is no label' };

/** The newest list that the relay was told. */
function listOf(relay: TestRelay) {
  const last = relay.received.filter((message) => message.orders).at(-1);
  return last ? decodeOrders(last.orders!.list) : null;
}

test('an order is told to every relay at once, with who, why and until; one that comes later is told when it comes', async () => {
  const core = await openCore();
  const early = await (await core.relay('relay-1')).hello();
  const token = tokenOf(core, 'limits:write');
  const end = new Date(Date.now() + 3_600_000).toISOString();
  const { order } = await send(core, 'POST', '/api/v1/limits', token, { ...BLOCK, until: end });
  expect(order).toMatchObject({ kind: 'block', match: BLOCK.block, by: 'alice', why: BLOCK.why });
  expect(order.until).toBe(Date.parse(end));
  const told = await until('the relay is told', () => listOf(early));
  expect(told.orders).toEqual([order]);
  expect((await view(core)).relays).toEqual([{ key: 'relay-1', state: 'waiting' }]);
  early.send({ heldOrders: { version: told.version, counts: true, trouble: '' } } as never);
  await until('the core knows it', async () => (await view(core)).relays[0]!.state === 'in_force');

  const late = await (await core.relay('relay-2')).hello('south');
  expect((await until('the second is told', () => listOf(late))).orders).toEqual([order]);
  late.send({ heldOrders: { version: told.version, counts: false, trouble: 'no room' } } as never);
  await until('that it has no effect there is seen', async () =>
    (await view(core)).relays.some(
      ({ key, state, trouble }) => key === 'relay-2' && state === 'not_counted' && trouble,
    ),
  );

  const lifted = await send(core, 'DELETE', `/api/v1/limits/${order.id}`, token);
  expect(lifted.order.lifted).toMatchObject({ by: 'alice' });
  await until('all are told that it is over', () =>
    [early, late].every((relay) => listOf(relay)!.version > told.version && listOf(relay)!.orders.length === 0),
  );
  expect((await view(core)).orders).toMatchObject([{ id: order.id, lifted: { by: 'alice' } }]);
  expect(await send(core, 'DELETE', `/api/v1/limits/${order.id}`, token)).toMatchObject({
    status: 404,
    code: 'HG_LIMITS_UNKNOWN',
  });
});

test('one for the same series takes the place of the one before, and all outlast a restart of the core', async () => {
  const core = await openCore();
  const token = tokenOf(core, 'limits:write');
  const cap = { cap: 'keys', most: 5, why: 'first' };
  const first = await send(core, 'POST', '/api/v1/limits', token, cap);
  const second = await send(core, 'POST', '/api/v1/limits', token, { ...cap, most: 7, why: 'second' });
  expect(second.order.id).toBe(first.order.id);
  await send(core, 'POST', '/api/v1/limits', token, { ...cap, perHost: true });
  const { version, orders } = await view(core);
  const inForce = orders.filter(({ lifted }) => lifted === null);
  expect(inForce.map(({ why, perHost }) => [why, perHost])).toEqual([
    ['first', true],
    ['second', false],
  ]);
  await core.stop();
  await core.start();
  expect(await view(core)).toMatchObject({ version, orders });
  const relay = await (await core.relay()).hello();
  expect((await until('the relay is told', () => listOf(relay))).orders).toMatchObject(
    inForce.map(({ lifted: _, ...order }) => order),
  );
});

test('who had it blocked before is not lost with an order for the same; a time that is told as a span counts from the core', async () => {
  const core = await openCore();
  const [alice, bob] = [tokenOf(core, 'limits:write'), tokenOf(core, 'limits:write', 'bob')];
  const first = await send(core, 'POST', '/api/v1/limits', alice, BLOCK);
  const second = await send(core, 'POST', '/api/v1/limits', bob, { ...BLOCK, why: 'again', for: '2h' });
  expect(second.order.until! - second.order.at).toBe(7_200_000);
  await send(core, 'DELETE', `/api/v1/limits/${first.order.id}`, bob);
  await send(core, 'POST', '/api/v1/limits', alice, { ...BLOCK, why: 'a third time' });
  const { orders } = await view(core);
  expect(orders.map(({ by, why, lifted }) => [by, why, lifted?.by ?? null]).sort()).toEqual([
    ['alice', 'a third time', null],
    ['alice', 'a user is no label', 'bob'],
    ['bob', 'again', 'bob'],
  ]);
  expect(new Set(orders.map(({ id }) => id)).size).toBe(3);
});

test('what a relay says of a list that is none, or of one of another core, is not called in force, and the next order is newer', async () => {
  const core = await openCore();
  const token = tokenOf(core, 'limits:write');
  const relay = await (await core.relay()).hello('x'.repeat(10_000));
  const { order } = await send(core, 'POST', '/api/v1/limits', token, BLOCK);
  const said = async (version: number, trouble = '') => {
    relay.send({ heldOrders: { version, counts: true, trouble } } as never);
    return until('what it says', async () => {
      const [found] = (await view(core)).relays;
      return found?.trouble === trouble.slice(0, 1000) ? found : null;
    });
  };
  expect(await said(Number.NaN, 'n'.repeat(5000))).toMatchObject({ state: 'waiting', version: 0 });
  const ahead = Date.now() + 86_400_000;
  expect(await said(ahead, 'of another core')).toMatchObject({ state: 'newer' });
  await send(core, 'DELETE', `/api/v1/limits/${order.id}`, token);
  await until('the relay is told', () => listOf(relay)!.orders.length === 0);
  expect(listOf(relay)!.version).toBe(ahead + 1);
  const { relays } = await core.get<{ relays: { site: string }[] }>('/api/v1/fleet');
  expect(relays[0]!.site).toHaveLength(256);
});

test('only a token that is for it may give and lift; what is wrong with an order is told with what to write', async () => {
  const core = await openCore();
  const pusher = tokenOf(core, 'ingest:logs', 'pusher');
  const post = (token: string | null, body: unknown) => send(core, 'POST', '/api/v1/limits', token, body);
  expect(await post(null, BLOCK)).toMatchObject({ status: 401, code: 'HG_DOOR_TOKEN' });
  expect(await post('hgt_no', BLOCK)).toMatchObject({ status: 401, code: 'HG_DOOR_TOKEN' });
  expect(await post(pusher, BLOCK)).toMatchObject({
    status: 403,
    code: 'HG_DOOR_SCOPE',
  });
  expect(await send(core, 'DELETE', '/api/v1/limits/x', null)).toMatchObject({ status: 401 });
  const token = tokenOf(core, 'limits:write', 'later');
  // A token that is made while the core runs is known within a second.
  await until('the token is known', async () => (await post(token, { block: '{', why: 'x' })).status === 400);
  for (const [body, words] of [
    [{ block: 'hits{', why: 'x' }, /block: write a PromQL selector/],
    [{ block: 'hits' }, /why/],
    [{ cap: 'hits', why: 'x' }, /most: say how many/],
    [{ ...BLOCK, until: '2001-01-01T00:00:00Z' }, /over already/],
    [{ ...BLOCK, unitl: 'x' }, /unitl/],
    [{ ...BLOCK, why: 'x'.repeat(5000) }, /why/],
    [{ block: `hits{a="${'x'.repeat(20_000)}"}`, why: 'x' }, /block/],
    [{ ...BLOCK, for: 'soon' }, /for: write a duration/],
    [[], /object/],
    ['hits', /object/],
  ] as const) {
    const answer = await post(token, body);
    expect(answer, JSON.stringify(body)).toMatchObject({ status: 400, code: 'HG_LIMITS_ORDER' });
    expect(answer.error).toMatch(words);
  }
  expect((await view(core)).orders).toEqual([]);
});

test("the core's own doors carry an order out at once, and no longer when it is lifted", async () => {
  const core = await openCore({ cardinality: {} });
  const token = tokenOf(core, 'limits:write');
  const push = async (value: number) => {
    const answer = await fetch(core.url('/v1/ingest'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metrics: [{ name: 'hits', labels: { user: 'u1' }, value }] }),
    });
    return JSON.stringify(await answer.json());
  };
  expect(await push(1)).not.toMatch(/HG_ITEM_BLOCKED/);
  const { order } = await send(core, 'POST', '/api/v1/limits', token, BLOCK);
  expect(await push(2)).toMatch(/HG_ITEM_BLOCKED/);
  await send(core, 'DELETE', `/api/v1/limits/${order.id}`, token);
  expect(await push(3)).not.toMatch(/HG_ITEM_BLOCKED/);
});

test('of a split core the console gives the orders, its gateways tell the relays, and say what these hold', async () => {
  const gateway = await openCore({ name: 'gateway-1', peers: { listen: '127.0.0.1:0' } });
  const console = await TestCore.make();
  cores.push(console);
  const files = await gateway.issue('console-1', 'core');
  await console.start({
    name: 'console-1',
    tls: { ...files, revoked: join(gateway.directory, 'ca', 'revoked.txt') },
    peers: { ask: [`127.0.0.1:${gateway.peers.port}`] },
  });
  const relay = await (await gateway.relay()).hello();
  const { order } = await send(console, 'POST', '/api/v1/limits', tokenOf(console, 'limits:write'), BLOCK);
  const told = await until('the relay is told', () => listOf(relay));
  expect(told.orders).toEqual([order]);
  relay.send({ heldOrders: { version: told.version, counts: true, trouble: '' } } as never);
  await until('the console knows it', async () => (await view(console)).relays[0]?.state === 'in_force');
  relay.close();
  await until('and that it is gone', async () => (await view(console)).relays.length === 0);

  // Another console, with a folder of its own, knows what the gateway has, and can lift it.
  const other = await TestCore.make();
  cores.push(other);
  await other.start({
    name: 'console-2',
    tls: { ...(await gateway.issue('console-2', 'core')), revoked: join(gateway.directory, 'ca', 'revoked.txt') },
    peers: { ask: [`127.0.0.1:${gateway.peers.port}`] },
  });
  await until('it has the order', async () => (await view(other)).orders.length === 1);
  await send(other, 'DELETE', `/api/v1/limits/${order.id}`, tokenOf(other, 'limits:write', 'bob'));
  await until('the first console hears', async () => (await view(console)).orders[0]?.lifted?.by === 'bob');
});
