import { afterEach, expect, test } from 'vitest';
import type { RelayStatus } from '../../relay/status/contract.ts';
import { until } from '../support/until.ts';
import { eventFrame, statusMessage } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

async function status(parameters = ''): Promise<RelayStatus> {
  return JSON.parse(await place.page(`/status.json${parameters}`)) as RelayStatus;
}

test('a relay of two workers is shown as one, with a line for each; a worker that is away is told and not counted', async () => {
  place = await new WorkersPlace().open(2);
  const waits = { next: 1, floor: 1, acknowledged: [], queuedItems: 0, queuedBytes: 0 };
  for (let i = 0; i < 6; i++) {
    const host = await place.connect(`h${i}`);
    // Tens: the one frame of each may still be on its way through the relay in a look of a moment ago.
    const classes = { log: { ...waits, queuedFrames: 10 * i } };
    await host.publish('status', statusMessage({ series: 10, classes }));
    await host.publish('log', eventFrame(1, { class: 'log' }, `h${i}`));
  }
  const all = await until('all is with the core', async () => {
    const one = await status('?sort=backlog&count=3');
    return one.well && one.classes.find((entry) => entry.class === 'log')?.out.frames === 6 ? one : null;
  });
  expect(all.workers.map(({ worker, up, hosts }) => [worker, up, hosts])).toEqual([
    [0, true, 3],
    [1, true, 3],
  ]);
  expect(all.hosts).toMatchObject({ connected: 6, series: 60, waitingThere: 150, hostsWaiting: 5 });
  expect(all.rows.map(({ host }) => host)).toEqual(['h5', 'h4', 'h3']);
  expect(new Set(all.rows.map(({ worker }) => worker)).size).toBe(2);
  expect(all.journal.maxBytes).toBe(all.workers[0]!.journal.maxBytes + all.workers[1]!.journal.maxBytes);
  // Rows of the second page are those of the whole relay too.
  const second = await status('?sort=backlog&from=3&count=2');
  expect(second.rows.map(({ host }) => host)).toEqual(['h2', 'h1']);
  expect(second.page.matching).toBe(6);
  const bad = await fetch(`http://127.0.0.1:${place.relay!.addresses.http}/status.json?sort=size`);
  expect(bad.status).toBe(400);

  const [pid] = place.relay!.pids!();
  process.kill(pid!, 'SIGSTOP');
  try {
    const half = await status();
    expect(half.well).toBe(false);
    expect(half.troubles).toEqual([expect.stringMatching(/^worker 0 is away, .*it has not answered for 2 s$/)]);
    expect(half.workers.map(({ up, hosts }) => [up, hosts])).toEqual([
      [false, 3],
      [true, 3],
    ]);
    expect(half.hosts.connected).toBe(3);
  } finally {
    process.kill(pid!, 'SIGCONT');
  }
  await until('it answers again', async () => (await status()).well);
});
