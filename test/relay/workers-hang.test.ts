import { afterEach, expect, test } from 'vitest';
import { PATIENCE } from '../../relay/workers/heartbeat.ts';
import { until } from '../support/until.ts';
import { eventFrame } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

const line = (sequence: number, host: string) => eventFrame(sequence, { class: 'log' }, host);
const hangs = 'heliograph_relay_worker_hangs_total{worker="1",cause="loop"}';

test('a worker that stands still is ended and started again; what its hosts send again elsewhere is known', async () => {
  place = new WorkersPlace();
  place.patience = { ...PATIENCE, loopMs: 6000 };
  await place.open(2);
  // What it has acknowledged is in its journal only.
  place.core.answer = () => ({ code: 'HG_CORE_BUSY', retryAfterMs: 200 });
  const host = await place.connectAt(1, 'h1');
  await host.publish('log', line(1, 'h1'));
  const [, worker] = (await place.health()).workers;

  process.kill(worker!.pid!, 'SIGSTOP');
  const still = await place.health();
  expect(still).toMatchObject({ status: 'degraded', workers: [{ up: true }, { up: false }] });
  expect(still.workers[1]!.why).toContain('it has not answered');
  await until('its connection to break', () => host.closed);
  expect(await place.metric(hangs)).toBe(1);
  expect(place.errors.find((error) => error.includes('HG_RELAY_HUNG'))).toContain('no turn for 6 s');

  // Whichever worker it comes to: it waits for the other no longer than that one takes to stand again.
  const again = await place.connect('h1');
  for (const sequence of [1, 2]) await again.publish('log', line(sequence, 'h1'));
  await until('the worker stands again', async () => (await place.health()).status === 'ok');
  expect((await place.health()).workers[1]).toMatchObject({ up: true, restarts: 1 });
  place.core.answer = () => 'acknowledge';
  await until('all at the core', async () => (await place.ledger('log')).queued.frames === 0);
  const log = await place.ledger('log');
  expect([log.in.frames, log.out.frames, log.repeated.frames, log.dropped]).toEqual([3, 2, 1, {}]);
  expect(await place.metric('heliograph_relay_worker_hand_overs_total{result="unknown"}')).toBe(0);
});

test('where no worker answers /healthz says 503 and why', async () => {
  place = await new WorkersPlace().open(2);
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${place.relay!.addresses.http}/healthz`);
    return { code: answer.status, body: (await answer.json()) as { status: string; why?: string } };
  };
  expect(await ask()).toMatchObject({ code: 200, body: { status: 'ok' } });
  const pids = place.relay!.pids!();
  for (const pid of pids) process.kill(pid!, 'SIGSTOP');
  try {
    const down = await ask();
    expect(down).toMatchObject({ code: 503, body: { status: 'down' } });
    expect(down.body.why).toMatch(
      /^no worker takes collectors in: worker 0: it has not answered .*; worker 1: it has not/,
    );
  } finally {
    for (const pid of pids) process.kill(pid!, 'SIGCONT');
  }
  await until('all well', async () => (await ask()).code === 200);
});
