import { afterEach, expect, test } from 'vitest';
import { decodeStatus } from '../../proto/status.ts';
import { until } from '../support/until.ts';
import { BOOT, eventFrame, statusMessage } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

const line = (sequence: number) => eventFrame(sequence, { class: 'log' });

test('a host that comes to another worker is a takeover: its repeats are recognised, nobody calls it down or cloned', async () => {
  place = await new WorkersPlace().open(2);
  const will = {
    topic: 'fleet/h1/status',
    payload: Buffer.from(statusMessage({ state: 'down', connection: 'old' })),
    qos: 1 as const,
    retain: true,
  };
  const first = await place.connectAt(0, 'h1', { will });
  await first.publish('status', statusMessage({ connection: 'old' }));
  for (const sequence of [1, 2, 3]) await first.publish('log', line(sequence));

  const second = await place.connectAt(1, 'h1');
  expect(first.closed).toBe(true);
  await second.publish('status', statusMessage({ connection: 'new' }));
  // What it did not hear the acknowledgement of comes again, and goes on.
  for (const sequence of [2, 3, 4]) await second.publish('log', line(sequence));
  await until('all at the core', async () => (await place.ledger('log')).queued.frames === 0);

  const log = await place.ledger('log');
  expect([log.in.frames, log.out.frames, log.repeated.frames]).toEqual([6, 4, 2]);
  expect(place.core.sequences('h1', 'log').sort()).toEqual([1, 2, 3, 4]);
  const ranges = JSON.parse(await place.page('/ranges.json'));
  expect(ranges.hosts.h1[BOOT].log).toMatchObject({ received: [[1, 4]], forwarded: [[1, 4]], repeated: [[2, 3]] });

  // The will of the older connection has been said by now, to the worker that had it.
  await until('the late will', async () => (await place.metric('heliograph_relay_late_wills_total')) > 0);
  const told = await until('the new status', () => {
    const statuses = place.core.reports.filter(({ host }) => host.host === 'h1' && host.status.length > 0);
    return statuses.some(({ worker }) => worker === 1) ? statuses : null;
  });
  expect(told.map(({ host }) => decodeStatus(host.status).state)).not.toContain('down');
  await until('the first event', () => place.events('h1').length > 0);
  expect(place.events('h1')).toEqual(['host_up']);
  const at = (worker: number) =>
    place.core.reports.findLast((said) => said.worker === worker && said.host.host === 'h1')!;
  expect(at(0).host).toMatchObject({ connected: false, reason: 'replaced' });
  expect(at(1).host.connected).toBe(true);
  expect(at(1).host.connection).toBeGreaterThan(at(0).host.connection);
  expect((await place.health()).connections).toBe(1);
});

test('what a worker learned of a host goes on with the host, to the next worker too, and over a restart of all', async () => {
  place = await new WorkersPlace().open(3);
  const first = await place.connectAt(0, 'h1');
  await first.publish('log', line(1));
  const second = await place.connectAt(1, 'h1');
  await second.publish('log', line(2));
  await place.stop();
  await place.start(3);
  const third = await place.connectAt(2, 'h1');
  for (const sequence of [1, 2, 3]) await third.publish('log', line(sequence));
  await until('all at the core', async () => (await place.ledger('log')).queued.frames === 0);
  const log = await place.ledger('log');
  expect([log.in.frames, log.out.frames, log.repeated.frames]).toEqual([5, 3, 2]);
  expect(place.core.sequences('h1', 'log').sort()).toEqual([1, 2, 3]);
});

test('two machines with one certificate are found wherever they connect', async () => {
  place = await new WorkersPlace().open(2);
  const other = BOOT.replace(/.$/, BOOT.endsWith('0') ? '1' : '0');
  const first = await place.connectAt(0, 'h1');
  await first.publish('status', statusMessage());
  const second = await place.connectAt(1, 'h1');
  await second.publish('status', statusMessage({ boot: other }));
  await until('the event', () => place.events('h1').includes('cloned_image'));
});
