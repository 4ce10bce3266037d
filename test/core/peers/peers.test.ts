import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { HostView } from '../../../core/fleet/host.ts';
import { parseLedger } from '../../../core/ledger/reports.ts';
import { parseState } from '../../../core/peers/state.ts';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';
import { revoke } from '../../../lib/certificates/revocation.ts';
import type { Ledger } from '../../../lib/ledger.ts';
import { decodeDesired } from '../../../proto/desired.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { tokenOf } from '../../support/core/token.ts';
import { until } from '../../support/until.ts';

const cores: TestCore[] = [];
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  for (const core of cores.splice(0).reverse()) await core.remove();
});

async function gateway(): Promise<TestCore> {
  const core = await TestCore.make();
  cores.push(core);
  return core.start({ name: 'gateway-1', peers: { listen: '127.0.0.1:0' } });
}

/** A core that asks others, with a certificate of the first one's authority. */
async function consoleOf(first: TestCore, ask: readonly string[], name = 'console-1'): Promise<TestCore> {
  const core = await TestCore.make();
  cores.push(core);
  const files = await first.issue(name, 'core');
  return core.start({ name, tls: { ...files, revoked: join(first.directory, 'ca', 'revoked.txt') }, peers: { ask } });
}

const addressOf = (core: TestCore) => `127.0.0.1:${core.peers.port}`;
const hostsOf = async (core: TestCore) => (await core.get<{ hosts: HostView[] }>('/api/v1/fleet')).hosts;

/** Asks a peer's port with a certificate; the status, or the error of TLS. */
function ask(core: TestCore, path: string, files: CertificateFiles | null): Promise<number | string> {
  const tls = files === null ? {} : { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  return new Promise((resolve) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: core.peers.port!,
        path,
        ca: readFileSync(join(core.directory, 'ca', 'ca.pem')),
        ...tls,
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end();
  });
}

test('the console has the hosts, relays, gaps, account, live lines and freshness of whom it asks, and tells it what is wanted', async () => {
  const first = await gateway();
  const console = await consoleOf(first, [addressOf(first)]);
  const relay = await (await first.relay()).hello('north');
  relay.fleet([{ host: 'web-1' }], true);
  await until('the host is seen', async () =>
    (await hostsOf(console)).some(({ host, state }) => host === 'web-1' && state === 'connected'),
  );
  const { relays } = await console.get<{ relays: { relay: string; site: string }[] }>('/api/v1/fleet');
  expect(relays).toMatchObject([{ relay: 'relay-1', site: 'north' }]);

  const host = new TestHost('web-1');
  await relay.deliver('log', [
    host.gaps('log', [
      {
        boot: host.boot,
        from: 1,
        to: 3,
        reason: 'cap',
        frames: 3,
        items: 30,
        firstTime: Date.now() - 1000,
        lastTime: Date.now(),
      },
    ]),
  ]);
  const gaps = () => console.get<{ gaps: { reason: string; items: number }[] }>('/api/v1/gaps?start=0');
  await until('the gap', async () => (await gaps()).gaps.length === 1);
  expect((await gaps()).gaps).toMatchObject([{ reason: 'cap', items: 30 }]);

  const stop = new AbortController();
  let told = '';
  const tail = (async () => {
    const answer = await fetch(console.url('/api/v1/logs/tail'), { signal: stop.signal });
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) told += text;
  })().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  await until('a line on the tail', async () => {
    await relay.deliver('log', [host.lines('log', [{ message: 'over two processes' }])]);
    return told.includes('over two processes');
  });
  stop.abort();
  await tail;

  const ledger = await console.get<{ tiers: Ledger[]; balanced: boolean }>('/api/v1/ledger');
  expect(
    ledger.tiers
      .filter(({ tier }) => tier === 'core')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['console-1', 'gateway-1']);
  expect(ledger.balanced).toBe(true);
  const { sentToSearchable } = await console.get<{ sentToSearchable: { count: number } }>('/api/v1/freshness');
  expect(sentToSearchable.count).toBeGreaterThan(0);

  const desired = { version: 1, levels: { test: 'debug' } };
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${tokenOf(console, 'levels:write')}`,
  };
  await fetch(console.url('/api/v1/fleet/web-1/desired'), { method: 'PUT', body: JSON.stringify(desired), headers });
  await until('the relay is told', () => relay.received.some((message) => message.desired?.host === 'web-1'));
  expect(await first.get('/api/v1/fleet/web-1/desired')).toEqual(desired);

  const order = JSON.stringify({ host: 'web*', service: 'pay', level: 'debug', for: '10m' });
  await fetch(console.url('/api/v1/levels'), { method: 'POST', body: order, headers });
  await until('the relay is told of the order beside the document', () =>
    relay.received.some(({ desired: told }) => {
      const wishes = told && told.document.length > 0 ? decodeDesired(new Uint8Array(told.document)).wishes : [];
      return wishes?.length === 2 && wishes[1]!.by === 'alice';
    }),
  );

  relay.close();
  await until('the relay is gone', async () => (await hostsOf(console))[0]?.state === 'unknown');
});

test('only a certificate of role core that is not revoked is let in, and one that is revoked later loses its tail', async () => {
  const first = await gateway();
  const other = await first.issue('core-2', 'core');
  expect(await ask(first, '/peer/v1/state', other)).toBe(200);
  expect(await ask(first, '/peer/v1/state', await first.issue('relay-7', 'relay'))).toBe(403);
  expect(await ask(first, '/peer/v1/state', await first.issue('web-7', 'collector'))).toBe(403);
  expect(await ask(first, '/peer/v1/state', null)).toEqual(expect.any(String));

  let ended = false;
  const tail = request(
    {
      host: '127.0.0.1',
      port: first.peers.port!,
      path: '/peer/v1/tail',
      ca: readFileSync(other.ca),
      cert: readFileSync(other.cert),
      key: readFileSync(other.key),
    },
    (answer) => {
      answer.resume();
      answer.on('close', () => {
        ended = true;
      });
    },
  );
  tail.on('error', () => {
    ended = true;
  });
  tail.end();
  await until('the tail is open', async () => (await (await fetch(first.url('/metrics'))).text()).length > 0);
  revoke(join(first.directory, 'ca'), 'core-2', Date.now());
  await until('the tail is cut', () => ended);
  expect(await ask(first, '/peer/v1/state', other)).toBe(403);
});

test('a peer that is away, says something else, or has the name of another is named with the fix, and the rest goes on', async () => {
  const first = await gateway();
  const files = await first.issue('rubbish', 'core');
  const bad = createServer(
    { ca: readFileSync(files.ca), cert: readFileSync(files.cert), key: readFileSync(files.key), requestCert: true },
    (_, answer) => answer.end('{"version":1,"account":{"__proto__":{"frames":1}}}'),
  );
  await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => bad.close(resolve)));
  const rubbish = `127.0.0.1:${(bad.address() as AddressInfo).port}`;
  const console = await consoleOf(first, [addressOf(first), rubbish, '127.0.0.1:1', `localhost:${first.peers.port}`]);
  const relay = await (await first.relay()).hello('north');
  relay.fleet([{ host: 'web-1' }], true);
  await until('the host is seen all the same', async () => (await hostsOf(console)).length === 1);
  const parts = await until('all three are said', async () => {
    const health = await console.get<{ parts: { part: string; well: boolean; why: string }[] }>('/healthz');
    const ill = health.parts.filter(({ well }) => !well);
    return ill.length === 3 ? ill : null;
  });
  const why = (address: string) => parts.find(({ part }) => part === `peer ${address}`)?.why ?? '';
  expect(why(rubbish)).toMatch(/HG_PEER.*does not read/s);
  expect(why('127.0.0.1:1')).toMatch(/HG_PEER.*ECONNREFUSED/s);
  expect(parts.map((part) => part.why).join('\n')).toMatch(/both named gateway-1: give each process its own `name`/);
  expect(({} as { frames?: number }).frames).toBeUndefined();
});

test('a gateway of a version without orders of levels is told documents, and nothing that it would refuse', async () => {
  const first = await gateway();
  const files = await first.issue('old', 'core');
  const tls = { ca: readFileSync(files.ca), cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const told: { path: string; body: string }[] = [];
  // It says what the other one says, but for what it does not know.
  const old = createServer({ ...tls, requestCert: true }, async (asked, answer) => {
    if (asked.method === 'PUT') {
      told.push({ path: asked.url!, body: await text(asked) });
      return answer.end('{}');
    }
    const own = request({ host: '127.0.0.1', port: first.peers.port!, path: asked.url!, ...tls }, async (said) => {
      const { levels: _, ...state } = JSON.parse(await text(said)) as Record<string, unknown>;
      answer.end(JSON.stringify({ ...state, name: 'old-1' }));
    });
    own.end();
  });
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => old.close(resolve)));
  const console = await consoleOf(first, [`127.0.0.1:${(old.address() as AddressInfo).port}`]);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${tokenOf(console, 'levels:write')}`,
  };
  const order = JSON.stringify({ host: 'web*', service: 'pay', level: 'debug', for: '10m' });
  await fetch(console.url('/api/v1/levels'), { method: 'POST', body: order, headers });
  const body = JSON.stringify({ version: 1, levels: { test: 'debug' } });
  await fetch(console.url('/api/v1/fleet/web-1/desired'), { method: 'PUT', body, headers });
  await until('it is told of the document', () => told.length > 1);
  for (const { path, body: said } of told) {
    expect(path).toBe('/peer/v1/desired');
    expect((JSON.parse(said) as { documents: { host: string }[] }).documents.map(({ host }) => host)).toEqual([
      'web-1',
    ]);
  }
});

test('what is no state of a peer is refused with its address; a reason that every object has as a property is no reason', () => {
  expect(() => parseState({ version: 2 }, 'gateway-1:9473')).toThrow(/gateway-1:9473/);
  expect(() => parseState(null, 'gateway-1:9473')).toThrow(/HG_PEER/);
  const amount = { frames: 1, items: 1 };
  const ledger = (reason: string) => ({
    version: 1,
    tier: 'relay',
    name: 'relay-1',
    time: 0,
    entries: [
      { class: 'log', in: amount, out: amount, queued: amount, repeated: amount, dropped: { [reason]: amount } },
    ],
  });
  expect(parseLedger(ledger('cap')).entries[0]!.dropped).toEqual({ cap: amount });
  expect(() => parseLedger(ledger('constructor'))).toThrow(/HG_CORE_LEDGER/);
});
