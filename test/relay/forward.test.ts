import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { definitions, eventFrame, metricFrame, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

test('a frame is acknowledged, forwarded once, and the ledger balances', async () => {
  place = await new Place().open();
  const host = await place.connect('h1');
  for (let i = 1; i <= 20; i++) await host.publish('alert', eventFrame(i));
  await until('all frames at the core', () => place.core.sequences('h1', 'alert').length === 20);
  expect(place.core.sequences('h1', 'alert')).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  const frame = place.core.frames.find((one) => one.host === 'h1' && one.sequence === 3)!;
  expect(Buffer.compare(frame.frame, eventFrame(3, { created: 0 }))).not.toBe(0);
  expect(frame.lane).toBe(0);
  await until('the ledger', async () => (await place.ledger('alert')).queued.frames === 0);
  const entry = await place.ledger('alert');
  // One more is the relay's own host_up.
  expect(entry.in).toEqual(entry.out);
  expect(entry.in.frames).toBeGreaterThanOrEqual(21);
});

test('definitions reach the core before the first frame that names them, once a stream', async () => {
  place = await new Place().open();
  const defs = definitions(10);
  const host = await place.connect('h1');
  await host.publish('definitions', defs.page);
  await host.publish('definitions', defs.base);
  for (let i = 1; i <= 5; i++) await host.publish('metric', metricFrame(i, defs, 10));
  await until('all frames at the core', () => place.core.sequences('h1', 'metric').length === 5);
  expect(place.core.undefinedFrames).toBe(0);
  expect([...place.core.definitions.keys()].sort()).toEqual([defs.pageHash, defs.baseHash].sort());
});
