import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { until } from '../../support/until.ts';
import { Place } from '../setup.ts';
import { alertEvents, inShort, notifiedByCore } from './alert-events.ts';

let place: Place;
let receiver: AlertReceiver;
/** How far the relay's clock is ahead of the machine's: time passes when the test says so. */
let ahead = 0;
const clock: Clock = { now: () => Date.now() + ahead, mono: () => performance.now() + ahead };
afterEach(async () => {
  await place.close();
  await receiver.close();
});

const RULES = `
groups:
  - name: heartbeat
    rules:
      - alert: HostSilent
        expr: heliograph_host_up{instance!~"lab-.*"} == 0
        for: 200ms
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.instance }} in {{ $labels.site }} says nothing"}
`;

const settings = (more: object = {}) => ({
  rules: {
    file: join(place.directory, 'rules.yaml'),
    evaluateEvery: '50ms',
    restartGrace: '1ms',
    notify: { webhooks: [`${receiver.url}/hook`], alertmanagers: [receiver.url] },
    ...more,
  },
});

async function open(): Promise<void> {
  ahead = 0;
  receiver = await new AlertReceiver().listen();
  place = new Place();
  writeFileSync(join(place.directory, 'rules.yaml'), RULES);
  await place.open(settings(), { clock });
}

const status = async () => JSON.parse(await place.page('/status.json')) as RelayStatus;
const firing = async () => (await status()).rules!.firing;

test('with the core cut off for 30 minutes the relay notifies of a silent host, and nobody does again when the core is back', async () => {
  await open();
  const host = await place.connect('h1');
  await place.connect('h2');
  await until('both hosts are known', async () => (await status()).rules!.hosts.known === 2);
  await until('there is a core', async () => (await status()).workers[0]!.upstream!.open);
  await place.stopCore();
  await until('there is none', async () => !(await status()).workers[0]!.upstream!.open);
  host.client.end(true);
  await until('the alert fires', async () => (await firing()).length === 1);
  expect((await firing())[0]).toMatchObject({ labels: { alertname: 'HostSilent', instance: 'h1' }, owner: null });
  expect(receiver.posted).toEqual([]);

  // notify.after is 30 s.
  ahead += 31_000;
  await until('the relay notifies', () => receiver.posted.length === 2);
  expect(receiver.alerts).toMatchObject([
    {
      status: 'firing',
      labels: { alertname: 'HostSilent', instance: 'h1', site: 'north', severity: 'critical' },
      annotations: { summary: 'h1 in north says nothing' },
    },
  ]);
  const [{ key, fingerprint, startsAt }] = receiver.alerts as [(typeof receiver.alerts)[0]];
  expect(key).toBe(`${fingerprint}-${Date.parse(startsAt)}`);
  ahead += 30 * 60_000;
  await until('Alertmanager hears again, as it must', () => receiver.posted.length === 3);

  await place.startCore();
  const events = await until('the core hears of it', () => {
    const found = alertEvents(place.core);
    return found.length >= 2 ? found : null;
  });
  expect(events.map(inShort)).toEqual(['alert.firing', 'alert.notified by relay']);
  expect(events[1]!.facts).toMatchObject({ 'heliograph.alert.key': key, 'heliograph.alert.state': 'firing' });
  expect(notifiedByCore(events)).toEqual([]);
  await place.connect('h1');
  await until('its end is told', () => receiver.alerts.length === 2);
  expect(receiver.alerts[1]).toMatchObject({ status: 'resolved', key });
  await until('the core hears of its end', () => alertEvents(place.core).length === 3);
  expect(inShort(alertEvents(place.core)[2]!)).toBe('alert.resolved by relay');
  expect(notifiedByCore(alertEvents(place.core))).toEqual([]);
  expect((await place.ledger('alert')).dropped).toEqual({});
});

test('with a core there, the alert is handed to it, from its begin to its end', async () => {
  await open();
  const host = await place.connect('h1');
  await until('the host is known', async () => (await status()).rules!.hosts.known === 1);
  host.client.end(true);
  await until('the core has it', () => notifiedByCore(alertEvents(place.core)).length === 1);
  // Later, without a core, it is the core's all the same.
  await until('the core has answered', async () => (await place.ledger('alert')).queued.frames === 0);
  await place.stopCore();
  await until('there is none', async () => !(await status()).workers[0]!.upstream!.open);
  ahead += 600_000;
  await place.connect('h1');
  await until('it is over', async () => (await firing()).length === 0);
  await place.startCore();
  await until('the core hears of its end', () => alertEvents(place.core).length === 3);
  expect(alertEvents(place.core).map(inShort)).toEqual([
    'alert.firing',
    'alert.notified by core',
    'alert.resolved by core',
  ]);
  expect(receiver.posted).toEqual([]);
});

test('a receiver that refuses hears when it takes them again, once', async () => {
  await open();
  receiver.status = 503;
  const host = await place.connect('h1');
  await until('the host is known', async () => (await status()).rules!.hosts.known === 1);
  await place.stopCore();
  await until('there is none', async () => !(await status()).workers[0]!.upstream!.open);
  host.client.end(true);
  await until('the alert fires', async () => (await firing()).length === 1);
  ahead += 31_000;
  await until('it was tried', () => receiver.requests >= 2);
  expect((await status()).troubles.join('\n')).toContain('takes no notifications: it answered 503');
  receiver.status = 200;
  await until('both have it', () => {
    ahead += 2000;
    return receiver.posted.length >= 2;
  });
  expect(receiver.alerts).toHaveLength(1);
});

test('a reload that is bad keeps the rules before, and says so; hosts that are expected and never came are silent', async () => {
  await open();
  await place.relay.close();
  await place.startRelay(settings({ expectHosts: ['never'] }), { clock });
  await until('it fires', async () => (await firing()).some(({ labels }) => labels.instance === 'never'));
  writeFileSync(join(place.directory, 'rules.yaml'), RULES.replace('== 0', '== '));
  await until('it is told', async () => (await status()).troubles.join().includes('rules.yaml:'));
  expect(await place.metric('heliograph_relay_rules_refused')).toBe(1);
  expect((await status()).rules!.rules).toHaveLength(1);
  writeFileSync(join(place.directory, 'rules.yaml'), RULES.replace('HostSilent', 'Other'));
  await until('the new ones are in force', async () => (await status()).rules!.rules[0]!.alert === 'Other');
});
