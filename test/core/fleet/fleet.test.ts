import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostView } from '../../../core/fleet/host.ts';
import { emptyLedger } from '../../../lib/ledger.ts';
import { encodeStatus } from '../../../proto/message.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { tokenOf } from '../../support/core/token.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: TestRelay;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  relay = await (await core.relay()).hello('north');
});
afterAll(() => core.remove());

async function hosts(): Promise<Record<string, HostView>> {
  const answer = await core.get<{ hosts: HostView[] }>('/api/v1/fleet');
  return Object.fromEntries(answer.hosts.map((host) => [host.host, host]));
}

function status(name: string): Uint8Array {
  const { boot } = new TestHost(name);
  const part = {
    next: 9,
    floor: 3,
    acknowledged: [[4, 6]] as [number, number][],
    queuedFrames: 2,
    queuedItems: 20,
    queuedBytes: 200,
  };
  return encodeStatus({
    state: 'up',
    connection: 'c1',
    boot,
    time: Date.now(),
    version: '0.1.0',
    profile: 'server',
    series: 507,
    classes: { metric: part, log: part },
    ledger: emptyLedger('collector', name, Date.now()),
    sources: {},
  });
}

test('hosts are what their relay says, with what their status says', async () => {
  relay.fleet(
    [
      { host: 'web-1', status: status('web-1'), clockSkewMs: -250 },
      { host: 'web-2' },
      { host: 'web-3', connected: false, reason: 'keep-alive' },
    ],
    true,
  );
  const seen = await until('three hosts', async () => {
    const now = await hosts();
    return Object.keys(now).length === 3 ? now : null;
  });
  expect(seen['web-1']).toMatchObject({
    state: 'connected',
    relay: 'relay-1',
    site: 'north',
    version: '0.1.0',
    series: 507,
    clockSkewMs: -250,
    backlog: { frames: 4, items: 40, bytes: 400 },
  });
  expect(seen['web-3']).toMatchObject({ state: 'gone', reason: 'keep-alive' });
});

test('a relay that goes leaves its hosts unknown, not gone; a restart of the core remembers them', async () => {
  relay.close();
  const seen = await until('the hosts are unknown', async () => {
    const now = await hosts();
    return now['web-1']!.state === 'unknown' ? now : null;
  });
  expect(seen['web-1']!.reason).toBe('relay relay-1 is away');
  expect(seen['web-3']!.state).toBe('gone');
  await core.stop();
  await core.start();
  expect((await hosts())['web-1']).toMatchObject({ state: 'unknown', version: '0.1.0', backlog: { items: 40 } });
});

test('a whole report after its return says what is true; a host at another relay is connected', async () => {
  relay = await (await core.relay()).hello('north');
  const other = await (await core.relay('relay-2')).hello('south');
  relay.fleet([{ host: 'web-1' }], true);
  other.fleet([{ host: 'web-3', since: Date.now() + 1 }], true);
  const seen = await until('web-3 is back', async () => {
    const now = await hosts();
    return now['web-3']!.state === 'connected' && now['web-2']!.state === 'gone' ? now : null;
  });
  expect(seen['web-1']!.state).toBe('connected');
  expect(seen['web-2']).toMatchObject({ state: 'gone', reason: 'not with its relay' });
  expect(seen['web-3']).toMatchObject({ relay: 'relay-2', site: 'south' });
});

test('a status that cannot be read is counted and changes nothing', async () => {
  relay.fleet([{ host: 'web-1', status: Buffer.from('no status') }]);
  await until('it is counted', () =>
    core.registry.render().includes('heliograph_core_refused_total{code="bad_status"} 1'),
  );
  expect((await hosts())['web-1']).toMatchObject({ state: 'connected', version: '0.1.0' });
});

test('what is wanted of a host reaches the relay that holds it, at once and after its return, and is deleted there too', async () => {
  const url = core.url('/api/v1/fleet/web-1/desired');
  const authorization = `Bearer ${tokenOf(core, 'levels:write')}`;
  const put = (body: object, rights: object = { authorization }) => {
    const headers = { 'content-type': 'application/json', ...rights };
    return fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
  };
  const noRight = { authorization: `Bearer ${tokenOf(core, 'limits:write', 'bob')}` };
  for (const [rights, status, code] of [
    [{}, 401, 'HG_DOOR_TOKEN'],
    [noRight, 403, 'HG_DOOR_SCOPE'],
  ] as const) {
    const answers = [
      await put({ version: 1, levels: { shop: 'debug' } }, rights),
      await fetch(url, { method: 'DELETE', headers: rights }),
    ];
    for (const answer of answers) expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
    expect((await fetch(url)).status).toBe(404);
  }
  const refused = await put({ version: 1, levels: { shop: 'loud' } });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ code: 'HG_CORE_DESIRED' });
  const wanted = { version: 1, levels: { shop: 'debug' } };
  expect(await (await put(wanted)).json()).toEqual({ host: 'web-1', desired: wanted, sentTo: ['relay-1'] });
  const sent = await until('the document', () => relay.received.find((message) => message.desired)?.desired);
  expect(sent.host).toBe('web-1');
  expect(JSON.parse(Buffer.from(sent.document).toString())).toEqual(wanted);

  relay.close();
  await core.stop();
  await core.start();
  relay = await (await core.relay()).hello('north');
  relay.fleet([{ host: 'web-1' }], true);
  const again = await until('the document again', () => relay.received.find((message) => message.desired)?.desired);
  expect(JSON.parse(Buffer.from(again.document).toString())).toEqual(wanted);

  const taken = await fetch(core.url('/api/v1/fleet/web-1/desired'), { method: 'DELETE', headers: { authorization } });
  expect(await taken.json()).toMatchObject({
    deleted: true,
    sentTo: ['relay-1'],
  });
  const gone = await until('the empty document', () => relay.received.filter((message) => message.desired)[1]?.desired);
  expect(gone.document).toHaveLength(0);
  expect((await fetch(core.url('/api/v1/fleet/web-1/desired'))).status).toBe(404);
});

test('the audit sees what a host says was acknowledged, without what it declared dropped', async () => {
  const boot = 'aa'.repeat(12);
  const gap = { boot, from: 2, to: 2, reason: 'cap', frames: 1, items: 5, firstTime: 1, lastTime: 2 };
  const host = new TestHost('web-9', boot);
  expect((await relay.deliver('log', [host.gaps('log', [gap])])).kind).toBe('acknowledged');
  const part = {
    next: 9,
    floor: 5,
    acknowledged: [[6, 7]] as [number, number][],
    queuedFrames: 0,
    queuedItems: 0,
    queuedBytes: 0,
  };
  const bytes = encodeStatus({
    state: 'up',
    connection: 'c1',
    boot,
    time: 1,
    version: '1',
    profile: 'p',
    series: 1,
    classes: { log: part },
    ledger: null,
    sources: {},
  });
  relay.fleet([{ host: 'web-9', status: bytes }]);
  const found = await until('its sequences', async () => {
    const { collectors } = await core.get<{ collectors: { host: string; class: string; ranges: unknown }[] }>(
      '/api/v1/ledger/sequences',
    );
    return collectors.find((one) => one.host === 'web-9');
  });
  expect(found).toEqual({
    host: 'web-9',
    boot,
    class: 'log',
    ranges: [
      [1, 1],
      [3, 4],
      [6, 7],
    ],
  });
});

test('of a long report every status is read, and a newer one that comes meanwhile stands', async () => {
  const boot = 'bb'.repeat(12);
  const status = (series: number) =>
    encodeStatus({
      state: 'up',
      connection: 'c1',
      boot,
      time: 1,
      version: '1',
      profile: 'p',
      series,
      classes: {},
      ledger: null,
      sources: {},
    });
  const names = Array.from({ length: 3_000 }, (_, i) => `many-${i}`);
  relay.fleet(names.map((host) => ({ host, status: status(1) })));
  relay.fleet([{ host: 'many-2999', status: status(2) }]);
  const found = await until('all are read', async () => {
    const { hosts } = await core.get<{ hosts: { host: string; series: number | null }[] }>('/api/v1/fleet');
    const many = hosts.filter(({ host }) => host.startsWith('many-'));
    return many.length === 3_000 && many.every(({ series }) => series !== null) ? many : null;
  });
  expect(found.filter(({ series }) => series === 2).map(({ host }) => host)).toEqual(['many-2999']);
});
