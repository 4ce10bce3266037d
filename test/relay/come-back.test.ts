import { afterEach, expect, test } from 'vitest';
import { createMqttUplink } from '../../collector/node/mqtt-uplink.ts';
import { silentLog } from '../../lib/log.ts';
import { decodeControl } from '../../proto/control.ts';
import { until } from '../support/until.ts';
import { eventFrame, type Host, Place, statusMessage } from './setup.ts';

let place: Place;
afterEach(() => place.close());

const told = (host: Host) => host.controls.flatMap(({ comeBackAfterMs }) => comeBackAfterMs ?? []);

test('a relay that stops tells everybody when to come back, spread over what its handshakes take', async () => {
  let drawn = 0;
  place = await new Place().open(
    { limits: { handshakesPerSecond: 2, leastHandshakesPerSecond: 2, mostHandshakesPerSecond: 2 } },
    { random: () => [0, 0.25, 0.5, 0.75][drawn++ % 4]! },
  );
  const hosts: Host[] = [];
  for (let i = 0; i < 4; i++) hosts.push(await place.connect(`h${i}`));
  for (const host of hosts) await host.listen();
  drawn = 0;
  await place.relay.close();
  // Four hosts at two a second: two seconds, from the one on that the restart takes.
  expect(hosts.flatMap(told).sort((a, b) => a - b)).toEqual([1000, 1500, 2000, 2500]);
  for (const host of hosts) await until('the connection to end', () => host.closed);
  await place.startRelay();
});

test('a relay with no room says come back later, takes nothing, and keeps who is there', async () => {
  const warned: [string, Record<string, unknown> | undefined][] = [];
  const log = { ...silentLog, warn: (text: string, facts?: Record<string, unknown>) => warned.push([text, facts]) };
  place = await new Place().open({ limits: { connections: 1 } }, { log });
  const first = await place.connect('h1');
  await first.listen();
  const second = await place.connect('h2');
  await second.listen();
  await until('the hint', () => told(second).length > 0);
  expect(told(second)).toEqual([45_000]);
  second.client.publish('fleet/h2/alert', Buffer.from(eventFrame(1, {}, 'h2')), { qos: 1 });
  await until('the connection to end', () => second.closed, { withinMs: 10_000 });
  expect(await place.metric('heliograph_relay_turned_away_total')).toBe(1);
  const noRoom = warned.filter(([text]) => text.startsWith('no room for a host'));
  expect(noRoom.map(([, facts]) => facts)).toEqual([{ host: 'h2', limit: 1, unlogged_before: 0 }]);
  expect(await place.metric('heliograph_relay_connections')).toBe(1);
  expect(place.core.hosts.has('h2')).toBe(false);
  expect(told(first)).toEqual([]);
  // It is there already: its newer connection is no further one.
  const again = await place.connect('h1');
  await again.publish('alert', eventFrame(1));
  expect(await place.metric('heliograph_relay_turned_away_total')).toBe(1);
  await again.client.endAsync();
  await until('room', async () => (await place.metric('heliograph_relay_connections')) === 0);
  const back = await place.connect('h2');
  await back.publish('alert', eventFrame(1, {}, 'h2'));
});

test('a collector that is turned away leaves at once, whatever of it is not acknowledged', async () => {
  place = await new Place().open({ limits: { connections: 1 } });
  await (await place.connect('h1')).listen();
  const uplink = createMqttUplink(await place.issue('h2', 'collector'));
  const published: (string | null)[] = [];
  let closed = '';
  let atOnce = false;
  uplink.connect(
    {
      relay: { host: '127.0.0.1', port: place.relay.addresses.mqtt },
      clientId: 'h2',
      keepAliveSeconds: 30,
      subscribe: ['fleet/h2/control'],
      lastWill: { topic: 'fleet/h2/status', payload: statusMessage({ state: 'down' }), retain: true },
    },
    {
      onOpen: () => undefined,
      onMessage: (_topic, payload) => {
        if (decodeControl(payload).comeBackAfterMs === undefined) return;
        uplink.publish('fleet/h2/alert', eventFrame(1, {}, 'h2'), { retain: false }, (error) => published.push(error));
        uplink.leave('sent away');
        atOnce = closed !== '';
      },
      onClose: (reason) => {
        closed = reason;
      },
    },
  );
  await until('the end', () => closed !== '');
  expect(atOnce).toBe(true);
  expect(closed).toBe('sent away');
  expect(published).toEqual([expect.any(String)]);
  const ended = () => place.metric('heliograph_relay_connections_ended_total{reason="closed"}');
  const goodbye = () => place.metric('heliograph_relay_connections_ended_total{reason="disconnected"}');
  // The relay sees it go before it would close it by itself.
  await until('the relay to see it', async () => (await ended()) + (await goodbye()) === 1, { withinMs: 4000 });
});

test('a collector that leaves a relay says goodbye: its last will is not published', async () => {
  place = await new Place().open();
  const uplink = createMqttUplink(await place.issue('h1', 'collector'));
  let open = false;
  uplink.connect(
    {
      relay: { host: '127.0.0.1', port: place.relay.addresses.mqtt },
      clientId: 'h1',
      keepAliveSeconds: 30,
      subscribe: ['fleet/h1/control'],
      lastWill: { topic: 'fleet/h1/status', payload: statusMessage({ state: 'down' }), retain: true },
    },
    {
      onOpen: () => {
        open = true;
      },
      onMessage: () => undefined,
      onClose: () => undefined,
    },
  );
  await until('it is open', () => open);
  uplink.leave('sent away');
  await until(
    'the goodbye',
    async () => (await place.metric('heliograph_relay_connections_ended_total{reason="disconnected"}')) === 1,
  );
});
