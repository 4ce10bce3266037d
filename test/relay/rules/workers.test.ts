import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { until } from '../../support/until.ts';
import { sendSamples, sentPage } from '../rollup/samples.ts';
import type { Host } from '../setup.ts';
import { WorkersPlace } from '../workers-place.ts';
import { alertEvents, inShort, notifiedByCore } from './alert-events.ts';

let place: WorkersPlace;
let receiver: AlertReceiver;
afterEach(async () => {
  await place.close();
  await receiver.close();
});

const SILENT = "{alert: HostSilent, expr: 'heliograph_host_up == 0'}";
/** It goes on for as long as the hosts need to come back. */
const TOO_MANY = `{alert: TooMany, expr: 'sum(jobs_waiting{queue!="low"}) > 100', keep_firing_for: 10m}`;
const PAGE = sentPage([
  { name: 'jobs_waiting', labels: { queue: 'high' } },
  { name: 'jobs_waiting', labels: { queue: 'low' } },
  { name: 'unasked' },
]);

async function open(rule: string, restartGrace: string, after = '300ms'): Promise<void> {
  receiver = await new AlertReceiver().listen();
  place = new WorkersPlace();
  const file = join(place.directory, 'rules.yaml');
  writeFileSync(file, `groups: [{name: g, rules: [${rule}]}]`);
  await place.open(2, {
    rules: {
      file,
      evaluateEvery: '50ms',
      restartGrace,
      notify: { after, webhooks: [receiver.url] },
    },
  });
}

const rules = async () => (JSON.parse(await place.page('/status.json')) as RelayStatus).rules;
const evaluations = () => place.metric('heliograph_relay_rules_evaluations');
const pidOf = async (worker: number) => (await place.health()).workers[worker]!.pid!;
const waiting = (host: Host, sequence: number, jobs: number) =>
  sendSamples(host, PAGE, sequence, [[Date.now(), jobs, 1000, 1]]);

async function kill(worker: number, signal = 'SIGKILL'): Promise<void> {
  const pid = await pidOf(worker);
  process.kill(pid, signal);
  await until('another process', async () => {
    const { up, pid: now } = (await place.health()).workers[worker]!;
    return up && now !== pid;
  });
}

test('one evaluator sees what all workers let pass; kill -9 of it and of another neither forgets an alert nor tells it twice', async () => {
  await open(TOO_MANY, '1s');
  place.core.answer = () => ({ code: 'HG_CORE_BUSY', retryAfterMs: 200 });
  const first = await place.connectAt(0, 'h0');
  const second = await place.connectAt(1, 'h1');
  await waiting(first, 1, 60);
  await waiting(second, 1, 61);
  await until('the relay notifies', () => receiver.alerts.length === 1);
  expect(receiver.alerts).toMatchObject([{ status: 'firing', labels: { alertname: 'TooMany' } }]);
  expect((await rules())!.firing).toMatchObject([{ value: '121', owner: 'relay' }]);
  expect((await rules())!.hosts).toEqual({ known: 2, down: 0 });
  // Of six samples that passed, two were asked for, and one of them went from one process to another.
  expect(await place.metric('heliograph_relay_rules_samples{fate="taken"}')).toBe(2);
  expect(await place.metric('heliograph_relay_rules_fed_samples{fate="sent"}')).toBe(1);
  // The round after the answer writes down who was told.
  const before = await evaluations();
  await until('rounds more', async () => (await evaluations()) > before + 10);

  await kill(0);
  await until('it goes on where it was', async () => (await rules())?.firing[0]?.owner === 'relay');
  await waiting(second, 2, 62);
  const again = await place.connect('h0');
  await waiting(again, 2, 63);
  await until('both are seen again', async () => (await rules())!.firing[0]?.value === '125');
  await until('hosts are seen again', async () => (await rules())!.hosts.down === 0);
  expect((await rules())!.firing).toMatchObject([{ owner: 'relay' }]);

  await kill(1);
  await until('its connections to break', () => second.closed);
  await place.connect('h1');
  if (again.closed) await place.connect('h0');
  const then = await evaluations();
  await until('rules are evaluated', async () => (await evaluations()) > then + 10);
  expect(receiver.alerts).toHaveLength(1);
  expect((await rules())!.firing).toMatchObject([{ value: '125' }]);

  place.core.answer = () => 'acknowledge';
  await until('the core hears of it', () => alertEvents(place.core).some(({ type }) => type === 'alert.notified'));
  expect(notifiedByCore(alertEvents(place.core))).toEqual([]);
  expect(receiver.alerts).toHaveLength(1);
});

test('a host is silent when no worker has it, and not when it goes from one to another; the core is told once', async () => {
  await open(SILENT, '1ms', '1m');
  await place.connectAt(0, 'h0');
  let host = await place.connectAt(1, 'h1');
  await until('both are known', async () => (await rules())?.hosts.known === 2);
  for (let i = 0; i < 6; i++) host = await place.connectAt(i % 2, 'h1');
  const before = await evaluations();
  await until('rules are evaluated', async () => (await evaluations()) > before + 40);
  expect(alertEvents(place.core)).toEqual([]);
  host.client.end(true);
  await until('the core has it', () => notifiedByCore(alertEvents(place.core)).length === 1);
  await place.connect('h1');
  await until('its end', () => alertEvents(place.core).length === 3);
  expect(alertEvents(place.core).map(inShort)).toEqual([
    'alert.firing',
    'alert.notified by core',
    'alert.resolved by core',
  ]);
  expect(receiver.alerts).toEqual([]);
});

test.each(['SIGKILL', 'SIGTERM'])(
  'hosts of a worker that ended by %s are not silent before they had time to come back, and are after it',
  async (signal) => {
    await open(SILENT, '4s');
    await place.connectAt(0, 'h0');
    await place.connectAt(1, 'h1');
    await until('both are known', async () => (await rules())?.hosts.known === 2);
    await until('rules are evaluated', async () => (await evaluations()) > 5);
    const began = performance.now();
    await kill(1, signal);
    await until('the one that stays away is missed', async () => (await rules())!.firing.length > 0);
    expect(performance.now() - began).toBeGreaterThan(3500);
    expect((await rules())!.firing).toMatchObject([{ labels: { alertname: 'HostSilent', instance: 'h1' } }]);
  },
);
