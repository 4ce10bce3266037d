import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectorConfig } from '../../collector/node/config.ts';
import { type RunningCollector, startCollector } from '../../collector/node/start.ts';
import { DRAIN_FILE } from '../../relay/drain.ts';
import type { Relay } from '../../relay/start.ts';
import { quietHost } from '../support/collector.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';
import { secondRelay } from './second-relay.ts';
import { Place } from './setup.ts';

const HOSTS = 8;

let place: Place;
let other: Relay;
let hosts: RunningCollector[];

beforeEach(async () => {
  place = await new Place().open();
  other = (await secondRelay(place)).relay;
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  await other.close();
  await place.close();
});

async function connect(name: string, homecoming = '10m'): Promise<RunningCollector> {
  const config = collectorConfig.parse({
    relays: [`127.0.0.1:${place.relay.addresses.mqtt}`, { address: `127.0.0.1:${other.addresses.mqtt}`, tier: 2 }],
    homecoming,
    tls: await place.issue(name, 'collector'),
    dataDir: join(place.directory, name),
    interval: '100ms',
    statusInterval: '200ms',
    reconnect: { base: '50ms', cap: '200ms' },
  });
  const running = await startCollector(config, { host: quietHost() });
  hosts.push(running);
  return running;
}

const connected = async (relay: Relay) => {
  const answer = await fetch(`http://127.0.0.1:${relay.addresses.http}/healthz`);
  return (await answer.json()) as { status: string; connections: number };
};
/** Sequences of class metric of a host that came to the core, over whichever relay, ascending; those that came twice stand twice. */
const numbers = (name: string) =>
  place.core.frames
    .filter((frame) => frame.host === name && frame.class === 'metric')
    .map(({ sequence }) => sequence)
    .sort((a, b) => a - b);

test('a drained relay hands its hosts to the other of their list, takes none in, and nothing is lost; it stays so over a restart', async () => {
  const names = Array.from({ length: HOSTS }, (_, i) => `h${i}`);
  for (const name of names) await connect(name);
  await until('all are here', async () => (await connected(place.relay)).connections === HOSTS);
  await until('and send', () => names.every((name) => numbers(name).length >= 3));

  const folder = join(place.directory, 'relay');
  writeFileSync(join(folder, DRAIN_FILE), JSON.stringify({ overMs: 500 }));
  await until('all are there', async () => (await connected(other)).connections === HOSTS);
  // The other relay has a host before this one is left.
  await until('none is here', async () => (await connected(place.relay)).connections === 0);
  expect(await connected(place.relay)).toMatchObject({ connections: 0, status: 'draining' });
  const moved = await place.metric('heliograph_relay_events_total{type="host_moved"}');
  expect(await place.metric('heliograph_relay_events_total{type="host_down"}')).toBe(0);
  expect(await place.metric('heliograph_relay_connections_ended_total{reason="moved"}')).toBe(HOSTS);
  expect((await fetch(`http://127.0.0.1:${place.relay.addresses.http}/healthz`)).status).toBe(503);
  expect(await place.page('/status.json')).toContain('it is drained');
  expect(await place.metric('heliograph_relay_draining')).toBe(1);

  // Who comes is sent on too, also by the relay that is started again.
  await place.relay.close();
  await place.startRelay();
  await connect('late');
  await until('the late one is there', async () => (await connected(other)).connections === HOSTS + 1);

  const gone = hosts.splice(0);
  for (const host of gone) await host.close();
  const last = gone.map(({ collector }) => collector.spool.sequences.metric.next - 1);
  for (const [i, name] of [...names, 'late'].entries()) {
    await until(`the rest of ${name}`, () => numbers(name).at(-1) === last[i]!);
    expect([...new Set(numbers(name))]).toEqual(Array.from({ length: last[i]! }, (_, k) => k + 1));
  }
  // No host left before the other relay had it, and each of them said so.
  const events = (type: string) => place.metric(`heliograph_relay_events_total{type="${type}"}`);
  expect(await events('host_down')).toBe(0);
  expect(moved).toBe(HOSTS);
  rmSync(join(folder, DRAIN_FILE));
  await until('hosts are welcome', async () => (await connected(place.relay)).status === 'ok');
});

test('the command drains, waits until it is safe to stop, and takes it back', async () => {
  await connect('h0');
  await until('it is here', async () => (await connected(place.relay)).connections === 1);
  const ca = place.authority.directory;
  const config = join(place.directory, 'relay.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      name: 'relay1',
      dataDir: join(place.directory, 'relay'),
      http: { listen: `127.0.0.1:${place.relay.addresses.http}` },
      tls: { ca: `${ca}/ca.pem`, cert: `${ca}/relay1.pem`, key: `${ca}/relay1.key` },
      cores: ['127.0.0.1:1'],
    }),
  );
  const drained = await runCli(['relay', 'drain', '--config', config, '--over', '100ms', '--wait']);
  expect(drained).toMatchObject({ code: 0 });
  expect(drained.err).toContain('drained: it is safe to stop');
  expect((await connected(other)).connections).toBe(1);
  expect((await runCli(['relay', 'undrain', '--config', config])).code).toBe(0);
  await until('hosts are welcome', async () => (await connected(place.relay)).status === 'ok');
});
