import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { eventFrame, type Host, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

const told = (host: Host) => host.controls.flatMap(({ comeBackAfterMs }) => comeBackAfterMs ?? []);

test('a relay that stops tells everybody when to come back, spread over what its handshakes take', async () => {
  let drawn = 0;
  place = await new Place().open(
    { limits: { handshakesPerSecond: 2 } },
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
  place = await new Place().open({ limits: { connections: 1 } });
  const first = await place.connect('h1');
  await first.listen();
  const second = await place.connect('h2');
  await second.listen();
  await until('the hint', () => told(second).length > 0);
  expect(told(second)).toEqual([45_000]);
  second.client.publish('fleet/h2/alert', Buffer.from(eventFrame(1, {}, 'h2')), { qos: 1 });
  await until('the connection to end', () => second.closed, { withinMs: 10_000 });
  expect(await place.metric('heliograph_relay_turned_away_total')).toBe(1);
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
