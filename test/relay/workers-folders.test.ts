import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { drain } from '../../cli/journal/drain.ts';
import { until } from '../support/until.ts';
import { definitions, eventFrame, metricFrame } from './setup.ts';
import { WorkersPlace } from './workers-place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

const line = (sequence: number) => eventFrame(sequence, { class: 'log' });
const frames = () => place.core.frames.filter(({ host }) => host === 'h1').length;

/** A core that takes nothing, so that all stays in the journals. */
function shut(): void {
  place.core.answer = () => ({ code: 'HG_CORE_BUSY', retryAfterMs: 100 });
}

function open(): void {
  place.core.answer = () => 'acknowledge';
}

test('from one process to two: what it had is delivered, and its repeats are known at both', async () => {
  place = await new WorkersPlace().open(1);
  expect(place.relay!.pids).toBeUndefined();
  shut();
  const series = definitions(10);
  const host = await place.connect('h1');
  await host.publish('definitions', series.page);
  await host.publish('definitions', series.base);
  await host.publish('metric', metricFrame(1, series, 10));
  await host.publish('log', line(1));
  await place.stop();
  open();
  await place.start(2);
  const again = await place.connectAt(1, 'h1');
  for (const sequence of [1, 2]) await again.publish('log', line(sequence));
  await until('all at the core', async () => (await place.ledger('log')).queued.frames === 0);
  const log = await place.ledger('log');
  expect([log.in.frames, log.out.frames, log.repeated.frames]).toEqual([3, 2, 1]);
  expect((await place.ledger('metric')).out.frames).toBe(1);
  expect(place.core.undefinedFrames).toBe(0);
});

test('from three to two, and to one: the folders of those that are no more are emptied, and what they knew is kept', async () => {
  place = await new WorkersPlace().open(3);
  shut();
  const series = definitions(10);
  const host = await place.connectAt(2, 'h1');
  await host.publish('definitions', series.page);
  await host.publish('definitions', series.base);
  await host.publish('metric', metricFrame(1, series, 10));
  await host.publish('log', line(1));
  const folder = join(place.directory, 'relay', 'worker-2');
  await place.stop();
  const before = frames();
  await place.start(2);
  expect(place.relay!.left!()).toEqual([2]);
  expect((await place.ledger('log')).queued.frames).toBe(1);
  open();
  await until('the folder to be empty', () => place.relay!.left!().length === 0);
  expect(existsSync(join(folder, 'emptied'))).toBe(true);
  const { queued, out } = await place.ledger('log');
  expect([queued.frames, out.frames]).toEqual([0, 1]);
  expect(frames()).toBe(before + 2);
  expect(place.core.undefinedFrames).toBe(0);
  expect(place.core.hellos).toContainEqual(expect.objectContaining({ worker: 2, workers: 2 }));
  // Nobody will say it again: the last that the core hears of the folder's account is the whole of it.
  const told = place.core.ledgers.get(2)!.entries;
  for (const name of ['log', 'metric']) {
    const { in: taken, out, queued } = told.find((entry) => entry.class === name)!;
    expect([name, taken.frames, out.frames, queued.frames]).toEqual([name, 1, 1, 0]);
  }

  // Nobody has the third folder open any more; the host's repeat is known all the same.
  const moved = await place.connectAt(1, 'h1');
  for (const sequence of [1, 2]) await moved.publish('log', line(sequence));
  await until('the new one at the core', () => place.core.sequences('h1', 'log').includes(2));
  await until('all settled', async () => (await place.ledger('log')).queued.frames === 0);
  expect((await place.ledger('log')).repeated.frames).toBe(1);

  await place.stop();
  await place.start(1);
  await until('the second folder to be empty', () => place.relay!.left!().length === 0);
  await place.stop();
  // From now on it is one process again, which knows what the others knew.
  await place.start(1);
  expect(place.relay!.pids).toBeUndefined();
  const last = await place.connect('h1');
  for (const sequence of [1, 2, 3]) await last.publish('log', line(sequence));
  await until('the newest at the core', () => place.core.sequences('h1', 'log').includes(3));
  expect((await place.ledger('log')).repeated.frames).toBe(2);
  expect(place.core.sequences('h1', 'log').filter((sequence) => sequence > 1)).toEqual([2, 3]);
});

test('"journal drain" empties the folders of all workers, each under its own name at the core', async () => {
  place = await new WorkersPlace().open(2);
  shut();
  for (const worker of [0, 1]) await (await place.connectAt(worker, `h${worker}`)).publish('log', line(1));
  await place.stop();
  open();
  const hellos = place.core.hellos.length;
  const result = await drain({ tier: 'relay', config: place.config }, 20_000, () => undefined);
  expect(result.empty).toBe(true);
  expect(result.classes.find(({ class: name }) => name === 'log')).toMatchObject({ queued: 0, delivered: 2 });
  expect(place.core.hellos.slice(hellos).map(({ worker, workers }) => [worker, workers])).toEqual([
    [0, 2],
    [1, 2],
  ]);
});
