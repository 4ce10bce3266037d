import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { DRAIN_FILE } from '../../relay/drain.ts';
import { until } from '../support/until.ts';
import { Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

test('a relay that is drained no more tells whom it sent away that they are welcome, and serves them on', async () => {
  let later = 0;
  const clock = { ...systemClock, mono: () => systemClock.mono() + later };
  place = await new Place().open({}, { clock });
  const host = await place.connect('h1');
  await host.listen();
  const told = () => host.controls.flatMap(({ comeBackAfterMs }) => comeBackAfterMs ?? []);
  const drained = () => place.metric('heliograph_relay_draining');
  const file = join(place.directory, 'relay', DRAIN_FILE);

  writeFileSync(file, JSON.stringify({ overMs: 0 }));
  await until('it is told to go', () => told().length === 1);
  expect(told()[0]).toBeGreaterThan(400_000);
  rmSync(file);
  await until('it is told that it is welcome', () => told().length === 2);
  expect(told()[1]).toBe(0);
  expect(await drained()).toBe(0);

  // It would have been closed two minutes after it was told to go. A look at those who must be gone comes after the look at the order.
  later = 130_000;
  writeFileSync(file, JSON.stringify({ overMs: 3_600_000 }));
  await until('it was looked at once more', async () => (await drained()) === 1);
  rmSync(file);
  const ended = (reason: string) => place.metric(`heliograph_relay_connections_ended_total{reason="${reason}"}`);
  expect(await ended('drained')).toBe(0);
  await host.client.endAsync();
  await until('it goes as any host', async () => (await ended('disconnected')) === 1);
  expect(await ended('drained')).toBe(0);
});
