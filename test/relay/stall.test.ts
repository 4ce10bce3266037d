import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { revoke } from '../../lib/certificates/revocation.ts';
import type { Clock } from '../../lib/clock.ts';
import { makeBoot } from '../../proto/hash.ts';
import { until } from '../support/until.ts';
import { eventFrame, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

/** A real clock that can be told that time went by. */
class Jumping implements Clock {
  ahead = 0;
  now = (): number => Date.now() + this.ahead;
  mono = (): number => performance.now() + this.ahead;
}

const told = (type: string): Promise<number> => place.metric(`heliograph_relay_events_total{type="${type}"}`);

test('after the relay itself stood still, who comes back was never gone, and who does not is told of later', async () => {
  const clock = new Jumping();
  place = await new Place().open({}, { clock });
  const stays = await place.connect('h1');
  const goes = await place.connect('h2');
  await until('both up', async () => (await told('host_up')) === 2);
  clock.ahead += 90_000;
  await until('some sweeps', async () => (await place.metric('heliograph_relay_stalls_total')) === 1);
  stays.client.stream.destroy();
  goes.client.stream.destroy();
  await until('both away', async () => (await place.metric('heliograph_relay_connections')) === 0);
  const back = await place.connect('h1');
  await back.publish('alert', eventFrame(1));
  expect(await told('host_down')).toBe(0);
  expect(await told('host_up')).toBe(2);
  // Time goes by in steps that are no standstill.
  for (let i = 0; i < 20; i++) {
    clock.ahead += 4000;
    const at = clock.mono();
    await until('a sweep', () => clock.mono() - at > 300);
  }
  expect(await told('host_down')).toBe(1);
  expect(await place.metric('heliograph_relay_stalls_total')).toBe(1);
});

test('a deny list that cannot be read or is gone lets nobody in who was kept out, and ends nothing', async () => {
  place = await new Place().open();
  const list = join(place.authority.directory, 'revoked.txt');
  const good = await place.connect('good');
  const files = await place.issue('bad', 'collector');
  revoke(place.authority.directory, 'bad', Date.now());
  const refused = () => place.metric('heliograph_relay_connections_refused_total{reason="revoked"}');
  const kept = async () => {
    const before = await refused();
    await expect(place.connectWith(files, 'bad')).rejects.toThrow();
    expect(await refused()).toBe(before + 1);
  };
  await until('the list is read', async () => {
    const attempt = await place.connectWith(files, 'bad').catch(() => null);
    attempt?.client.end(true);
    return (await refused()) > 0;
  });
  rmSync(list);
  mkdirSync(list);
  await good.publish('alert', eventFrame(1, {}, 'good'));
  await until('it was looked at', async () => (await place.metric('heliograph_relay_deny_list_unreadable')) === 1);
  await kept();
  rmSync(list, { recursive: true });
  await until('and again', async () => (await place.metric('heliograph_relay_deny_list_unreadable')) === 1);
  await kept();
  // Emptied on purpose: everybody may come again.
  writeFileSync(list, '# nobody\n');
  await until('read', async () => (await place.metric('heliograph_relay_deny_list_unreadable')) === 0);
  const again = await place.connectWith(files, 'bad');
  await again.publish('alert', eventFrame(1, {}, 'bad'));
  expect(good.closed).toBe(false);
});

test('a second relay over the same folder does not start, and hurts nothing', async () => {
  place = await new Place().open();
  const first = place.relay;
  await expect(place.startRelay()).rejects.toMatchObject({ code: 'HG_STORE_LOCKED' });
  expect(place.relay).toBe(first);
  const host = await place.connect('h1');
  await host.publish('alert', eventFrame(1));
  await until('it goes on', () => place.core.sequences('h1', 'alert').length === 1);
});

test('two lives with one number, in frames alone, are a cloned image', async () => {
  place = await new Place().open();
  const host = await place.connect('h1');
  const twin = makeBoot(7, new Uint8Array(8).fill(9));
  await host.publish('alert', eventFrame(1));
  await host.publish('alert', eventFrame(1, { boot: makeBoot(6, new Uint8Array(8)) }));
  expect(await told('cloned_image')).toBe(0);
  await host.publish('alert', eventFrame(1, { boot: twin }));
  await until('told', async () => (await told('cloned_image')) === 1);
});
