import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CollectorConfigInput, collectorConfig } from '../../collector/node/config.ts';
import { type RunningCollector, startCollector } from '../../collector/node/start.ts';
import { DRAIN_FILE } from '../../relay/drain.ts';
import { secondRelay } from '../relay/second-relay.ts';
import { Place } from '../relay/setup.ts';
import { quietHost } from '../support/collector.ts';
import { until } from '../support/until.ts';

let home: Place;
let running: RunningCollector | null;

beforeEach(async () => {
  home = await new Place().open();
  running = null;
});
afterEach(async () => {
  await running?.close();
  await home.close();
});

async function connect(other: number, settings: Partial<CollectorConfigInput> = {}): Promise<RunningCollector> {
  const config = collectorConfig.parse({
    relays: [`127.0.0.1:${home.relay.addresses.mqtt}`, { address: `127.0.0.1:${other}`, tier: 2 }],
    homecoming: '300ms',
    tls: await home.issue('web-1', 'collector'),
    dataDir: join(home.directory, 'collector'),
    interval: '50ms',
    statusInterval: '200ms',
    reconnect: { base: '50ms', cap: '200ms' },
    ...settings,
  });
  running = await startCollector(config, { host: quietHost() });
  return running;
}

/** The numbers of a class that came to the core over both relays, those that came twice as well, ascending. */
const numbers = () =>
  home.core.frames
    .filter((frame) => frame.host === 'web-1' && frame.class === 'metric')
    .map(({ sequence }) => sequence)
    .sort((a, b) => a - b);
const told = (place: Place, type: string) => place.metric(`heliograph_relay_events_total{type="${type}"}`);
const here = (place: Place) => place.metric('heliograph_relay_connections');

async function allThere(collector: RunningCollector): Promise<void> {
  await collector.close();
  running = null;
  const last = collector.collector.spool.sequences.metric.next - 1;
  await until('the rest', () => numbers().at(-1) === last);
  const known = numbers();
  expect([...new Set(known)]).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  // What came twice is no more than what the collector knows was not acknowledged in time.
  expect(known.length - last).toBeLessThanOrEqual(collector.collector.sender.stats.unacknowledged);
}

it('flees from a relay that ends, and comes home when it is there again: the other one is left only then, and nothing is lost', async () => {
  const other = await secondRelay(home);
  const port = home.relay.addresses.mqtt;
  const collector = await connect(other.relay.addresses.mqtt);
  const { link } = collector.collector;
  await until('it is home', () => link.isHome);
  await until('it sends', () => numbers().length >= 3);
  await home.relay.close();
  await until('it is at the other', async () => link.isOpen && !link.isHome && (await here(other)) === 1);
  // Home is tried again and again meanwhile, and the connection stays.
  await until('home was tried twice', () => link.staysPut >= 2);
  expect(await here(other)).toBe(1);
  const connects = link.connects;
  await home.startRelay({ mqtt: { listen: `127.0.0.1:${port}` } });
  await until('it is home again', async () => link.isHome && (await here(home)) === 1 && (await here(other)) === 0);
  expect(link).toMatchObject({ handOvers: 1, connects: connects + 1 });
  expect(await told(other, 'host_down')).toBe(0);
  expect(await told(other, 'host_moved')).toBe(1);
  await until('the fleet at the core', () =>
    home.core.reports.some(({ host }) => host.host === 'web-1' && !host.connected && host.reason === 'moved'),
  );
  await until('it sends there', async () => (await home.ledger('metric')).in.frames >= 3);
  await allThere(collector);
  await other.relay.close();
});

it('a drained relay serves a host on that another one has no room for', async () => {
  const other = await secondRelay(home, { limits: { connections: 1 } });
  // Somebody else has the one place at the other relay.
  const guest = await other.connect('guest');
  const collector = await connect(other.relay.addresses.mqtt, { homecoming: '0s' });
  const { link } = collector.collector;
  await until('it is home', () => link.isHome);
  const file = join(home.directory, 'relay', DRAIN_FILE);
  writeFileSync(file, JSON.stringify({ overMs: 0, awayMs: 1000 }));
  await until(
    'the other did not take it in',
    async () => (await other.metric('heliograph_relay_turned_away_total')) >= 1,
  );
  expect(link.isOpen).toBe(true);
  expect(await here(home)).toBe(1);
  rmSync(file);
  const before = numbers().length;
  await until('it sends on', () => numbers().length > before + 3);
  await guest.client.endAsync();
  await allThere(collector);
  await other.relay.close();
});
