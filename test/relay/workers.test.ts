import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { eventFrame, type Host } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

test('connections are spread evenly over the workers of one port, and the pages speak for all of them', async () => {
  place = await new WorkersPlace().open(2);
  const hosts: Host[] = [];
  for (let i = 0; i < 10; i++) hosts.push(await place.connect(`h${i}`));
  await Promise.all(hosts.map((host, i) => host.publish('log', eventFrame(1, { class: 'log' }, `h${i}`))));
  const health = await place.health();
  expect(health).toMatchObject({ status: 'ok', connections: 10 });
  expect(health.workers.map(({ connections }) => connections)).toEqual([5, 5]);
  expect(await place.metric('heliograph_relay_connections')).toBe(10);
  expect(await place.metric('heliograph_relay_frames_total{class="log"}')).toBe(10);
  expect(await place.metric('heliograph_relay_worker_connections{worker="1"}')).toBe(5);
  await until('all at the core', async () => (await place.ledger('log')).out.frames === 10);
  expect((await place.ledger('log')).in.frames).toBe(10);
  expect(place.core.hellos.map(({ relay, worker, workers }) => [relay, worker, workers]).sort()).toEqual([
    ['relay1', 0, 2],
    ['relay1', 1, 2],
  ]);
});
