import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { eventFrame, type Host } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

const line = (sequence: number, host: string) => eventFrame(sequence, { class: 'log' }, host);

test('kill -9 of a worker loses and doubles nothing: its hosts come to the others, and the account is whole', async () => {
  place = await new WorkersPlace().open(2);
  // What it has acknowledged is in its journal only.
  place.core.answer = () => ({ code: 'HG_CORE_BUSY', retryAfterMs: 200 });
  const names = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5'];
  const hosts = new Map<string, Host>();
  for (const name of names) hosts.set(name, await place.connect(name));
  await Promise.all(names.map((name) => hosts.get(name)!.publish('log', line(1, name))));
  await Promise.all(names.map((name) => hosts.get(name)!.publish('log', line(2, name))));

  const victim = (await place.health()).workers[1]!;
  process.kill(victim.pid!, 'SIGKILL');
  const lost = await until('its connections to break', () => {
    const closed = names.filter((name) => hosts.get(name)!.closed);
    return closed.length === 3 ? closed : null;
  });
  await Promise.all(
    lost.map(async (name) => {
      const host = await place.connect(name);
      // As a collector does that did not hear the last acknowledgement.
      await host.publish('log', line(2, name));
      await host.publish('log', line(3, name));
    }),
  );
  place.core.answer = () => 'acknowledge';
  await until('all at the core', async () => {
    const { queued, in: taken } = await place.ledger('log');
    return taken.frames === 12 + 6 && queued.frames === 0;
  });
  const log = await place.ledger('log');
  expect([log.in.frames, log.out.frames, log.repeated.frames, log.dropped]).toEqual([18, 15, 3, {}]);
  for (const name of names) {
    // Those the test's core refused stand there as well.
    const accepted = new Set(place.core.sequences(name, 'log'));
    expect([...accepted].sort()).toEqual(lost.includes(name) ? [1, 2, 3] : [1, 2]);
  }
  const health = await place.health();
  expect(health).toMatchObject({ status: 'ok', connections: 6 });
  expect(health.workers[1]).toMatchObject({ up: true, restarts: 1 });
  expect(health.workers[1]!.pid).not.toBe(victim.pid);
  expect(await place.metric('heliograph_relay_worker_restarts_total{worker="1"}')).toBe(1);
  for (const name of names) expect(place.events(name)).not.toContain('cloned_image');
});

test('counters go on over the end of a worker', async () => {
  place = await new WorkersPlace().open(2);
  for (const [i, name] of ['h0', 'h1'].entries()) await (await place.connectAt(i, name)).publish('log', line(1, name));
  const name = 'heliograph_relay_frames_total{class="log"}';
  await until('both', async () => (await place.metric(name)) === 2);
  process.kill((await place.health()).workers[1]!.pid!, 'SIGKILL');
  await until('the worker again', async () => (await place.health()).workers[1]!.restarts === 1);
  expect(await place.metric(name)).toBe(2);
  await until('it stands', async () => (await place.health()).workers[1]!.up);
  await (await place.connectAt(1, 'h1')).publish('log', line(2, 'h1'));
  await until('three', async () => (await place.metric(name)) === 3);
});
