import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostView } from '../../../core/fleet/host.ts';
import type { Silence } from '../../../core/fleet/silences.ts';
import type { LedgerView } from '../../../core/ledger/view.ts';
import { emptyLedger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { runCli } from '../../support/run-cli.ts';
import { until } from '../../support/until.ts';

let core: TestCore;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

const worker = async (number: number, workers: number) =>
  (await core.relay()).hello('north', 'relay-1', { worker: number, workers });
const fleet = () => core.get<{ hosts: HostView[]; relays: { relay: string; workers: number }[] }>('/api/v1/fleet');
const host = async (name: string) => (await fleet()).hosts.find((one) => one.host === name);
const silences = async () => (await core.get<{ silences: Silence[] }>('/api/v1/gaps')).silences;

function ledger(queued: number, time = Date.now(), taken = queued): { ledger: { ledger: Uint8Array } } {
  const made = emptyLedger('relay', 'whatever', time);
  const log = made.entries.find((entry) => entry.class === 'log')!;
  log.in = { frames: taken, items: taken };
  log.out = { frames: taken - queued, items: taken - queued };
  log.queued = { frames: queued, items: queued };
  return { ledger: { ledger: Buffer.from(JSON.stringify(made)) } };
}

test('the workers of a relay are one relay; a host that moves between them never goes, and a late word changes nothing', async () => {
  const zero = await worker(0, 3);
  const one = await worker(1, 3);
  const two = await worker(2, 3);
  expect([zero.ended, one.ended, two.ended]).toEqual([null, null, null]);
  zero.fleet([{ host: 'h', connection: 100, clockSkewMs: 5 }], true);
  await until('the host', async () => (await host('h'))?.connected);
  one.fleet([{ host: 'h', connection: 200, clockSkewMs: 7 }]);
  await until('it at the other', async () => (await host('h'))?.clockSkewMs === 7);
  zero.fleet([{ host: 'h', connection: 100, connected: false, reason: 'replaced', clockSkewMs: 6 }]);
  two.fleet([{ host: 'other', connection: 300 }], true);
  await until('the third', async () => (await host('other'))?.connected);
  expect(await host('h')).toMatchObject({ state: 'connected', relay: 'relay-1', clockSkewMs: 7 });
  expect((await fleet()).relays).toMatchObject([{ relay: 'relay-1', workers: 3 }]);

  for (const [i, relay] of [zero, one, two].entries()) relay.send(ledger(i + 1));
  const view = await until('the account of all', async () => {
    const now = await core.get<LedgerView>('/api/v1/ledger');
    const of = now.tiers.filter(({ tier }) => tier === 'relay');
    const queued = of[0]?.entries.find((entry) => entry.class === 'log')?.queued.frames;
    return queued === 6 ? of : null;
  });
  expect(view.map(({ name }) => name)).toEqual(['relay-1']);

  one.close();
  await until('the host to be unknown', async () => (await host('h'))?.state === 'unknown');
  expect(await host('h')).toMatchObject({ relay: 'relay-1', reason: 'relay relay-1 (worker 1) is away' });
  expect(await host('other')).toMatchObject({ state: 'connected' });
  const again = await worker(1, 3);
  again.fleet([], true);
  await until('the host to be gone', async () => (await host('h'))?.state === 'gone');
  zero.close();
  again.close();
  two.close();
  await until('nobody', async () => (await fleet()).relays.length === 0);
});

test('a relay with fewer workers than before has nobody at those that are no more, and they are not missed', async () => {
  const zero = await worker(0, 2);
  zero.fleet([{ host: 'other', connection: 400 }], true);
  await until('the host at the first', async () => (await host('other'))?.connected);
  zero.fleet([{ host: 'other', connection: 400, connected: false, reason: 'closed' }]);
  await until('it is gone, and not unknown', async () => (await host('other'))?.state === 'gone');
  const lasting = (await silences()).filter(({ kind, to }) => kind === 'relay' && to === null);
  expect(lasting.map(({ name }) => name)).toEqual(['relay-1/1']);
  // One that only empties a folder comes and goes without a word.
  const left = await worker(2, 2);
  zero.send(ledger(1, 5000));
  left.send(ledger(0, 1000, 5));
  // Its account stands; how old the relay's is, the ones say that still take something in.
  const account = await until('the accounts', async () => {
    const { tiers } = await core.get<LedgerView>('/api/v1/ledger');
    const of = tiers.find(({ tier }) => tier === 'relay')!;
    return of.entries.find((entry) => entry.class === 'log')!.queued.frames === 3 ? of : null;
  });
  expect(account.time).toBe(5000);
  expect(account.former).toMatchObject([{ worker: 2, time: 1000, emptied: true }]);
  const { out } = await runCli(['ledger', '--core', core.url('/').href]);
  expect(out).toMatch(/^relay +relay-1 +log +8\/8 /m);
  expect(out).toMatch(/of it worker 2, emptied +log +5\/5 +5\/5 +0\/0 /);
  left.close();
  await until('it is gone', async () => (await fleet()).relays[0]?.workers === 1);
  expect((await silences()).filter(({ name, to }) => name === 'relay-1/2' && to === null)).toEqual([]);
});
