import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DATA_CLASSES } from '../../proto/class.ts';
import { makeBoot } from '../../proto/hash.ts';
import { until } from '../support/until.ts';
import { BOOT, definitions, eventFrame, gapFrame, metricFrame, Place, statusMessage } from './setup.ts';

let place: Place;
afterEach(() => place.close());

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const once = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b);

test('what comes while no core is there waits; fresh frames pass the backlog; nothing is missing', async () => {
  place = await new Place().open({ forward: { blockBytes: '1KiB', window: '1KiB' } });
  const host = await place.connect('h1');
  await host.publish('alert', eventFrame(1));
  await until('the first', () => place.core.sequences('h1', 'alert').length === 1);
  await place.stopCore();
  await until('the end of the stream', async () => (await place.metric('heliograph_relay_core_connected')) === 0);
  for (const sequence of numbers(2, 300)) await host.publish('alert', eventFrame(sequence));
  expect((await place.ledger('alert')).queued.frames).toBeGreaterThanOrEqual(299);
  place.core.answer = () => 'silence';
  await place.startCore();
  // The window is small and nothing is acknowledged: the backlog is far from through.
  await until('a stream', async () => (await place.metric('heliograph_relay_core_connected')) === 1);
  await host.publish('alert', eventFrame(301));
  const fresh = await until('the fresh one', () => place.core.frames.find((frame) => frame.sequence === 301));
  expect(fresh.lane).toBe(0);
  expect(once(place.core.sequences('h1', 'alert')).length).toBeLessThan(200);
  place.core.answer = () => 'acknowledge';
  await place.stopCore();
  await place.startCore();
  await until('everything', () => once(place.core.sequences('h1', 'alert')).length === 301);
  await until('an empty queue', async () => (await place.ledger('alert')).queued.frames === 0);
});

test('one class that is refused or not acknowledged holds no other', async () => {
  place = await new Place().open({ forward: { blockBytes: '1KiB', window: '2KiB' } });
  place.core.answer = (dataClass) => {
    if (dataClass === 'log') return { code: 'HG_TEST_BUSY', retryAfterMs: 50 };
    return dataClass === 'debug' ? 'silence' : 'acknowledge';
  };
  const host = await place.connect('h1');
  for (const sequence of numbers(1, 60)) {
    for (const name of DATA_CLASSES) {
      if (name !== 'metric') await host.publish(name, eventFrame(sequence, { class: name }));
    }
  }
  for (const name of ['alert', 'error'] as const) {
    await until(name, () => place.core.sequences('h1', name).length === 60);
    await until('its queue', async () => (await place.ledger(name)).queued.frames === 0);
  }
  expect((await place.ledger('log')).queued.frames).toBe(60);
  expect((await place.ledger('debug')).queued.frames).toBe(60);
  place.core.answer = (dataClass) => (dataClass === 'debug' ? 'silence' : 'acknowledge');
  await until('log', () => once(place.core.sequences('h1', 'log')).length === 60);
  await until('its queue', async () => (await place.ledger('log')).queued.frames === 0);
  expect(place.core.sequences('h1', 'log')).toHaveLength(60);
});

test('a frame the core never takes becomes a dead letter by itself; its neighbours arrive', async () => {
  place = await new Place().open();
  place.core.answer = (_, frames) =>
    frames.some((frame) => frame.host === 'h1' && frame.sequence === 17)
      ? { code: 'HG_TEST_NEVER', retryAfterMs: 0 }
      : 'acknowledge';
  const host = await place.connect('h1');
  await Promise.all(numbers(1, 40).map((sequence) => host.publish('error', eventFrame(sequence, { class: 'error' }))));
  await until('the others', () => place.core.sequences('h1', 'error').length === 39);
  await until('the dead letter', async () => (await place.ledger('error')).dropped.HG_TEST_NEVER?.frames === 1);
  expect(once(place.core.sequences('h1', 'error'))).toEqual(numbers(1, 40).filter((sequence) => sequence !== 17));
  const names = readdirSync(join(place.directory, 'relay', 'dead-letters'));
  expect(names).toHaveLength(1);
  expect(names[0]).toMatch(/^error-HG_TEST_NEVER-/);
});

test('over a restart repeats are still repeats, and the definitions are still there', async () => {
  place = await new Place().open();
  const defs = definitions(10);
  let host = await place.connect('h1');
  await host.publish('definitions', defs.page);
  await host.publish('definitions', defs.base);
  for (const sequence of numbers(1, 30)) await host.publish('metric', metricFrame(sequence, defs, 10));
  await until('all', () => place.core.sequences('h1', 'metric').length === 30);
  for (const round of [1, 2]) {
    await until('acknowledged', async () => (await place.ledger('metric')).queued.frames === 0);
    await place.relay.close();
    // The second time without the snapshot of sequences that the first left: the journal has it too.
    if (round === 2) expect(existsSync(join(place.directory, 'relay', 'sequences-metric.snapshot'))).toBe(true);
    await place.startRelay();
    host = await place.connect('h1');
    for (const sequence of numbers(1, 30)) await host.publish('metric', metricFrame(sequence, defs, 10));
    await until('repeats', async () => (await place.ledger('metric')).repeated.frames === 30 * round);
  }
  expect(place.core.sequences('h1', 'metric')).toHaveLength(30);
  const ranges = JSON.parse(await place.page('/ranges.json'));
  expect(ranges.hosts.h1[BOOT].metric).toEqual({
    received: [[1, 30]],
    forwarded: [[1, 30]],
    declared: [],
    repeated: [[1, 30]],
  });
});

test('after a crash without a snapshot the journal itself says what was a repeat', async () => {
  place = await new Place().open();
  let host = await place.connect('h1');
  for (const sequence of numbers(1, 30)) await host.publish('error', eventFrame(sequence, { class: 'error' }));
  await until('all', () => place.core.sequences('h1', 'error').length === 30);
  await until('acknowledged', async () => (await place.ledger('error')).queued.frames === 0);
  const data = join(place.directory, 'relay');
  const crashed = join(place.directory, 'crashed');
  // Cursors are written within a tenth of a second; what is on disk then is what a kill -9 would leave.
  await new Promise((resolve) => setTimeout(resolve, 400));
  cpSync(data, crashed, { recursive: true });
  expect(existsSync(join(crashed, 'sequences-error.snapshot'))).toBe(false);
  await place.relay.close();
  rmSync(data, { recursive: true });
  renameSync(crashed, data);
  await place.startRelay();
  host = await place.connect('h1');
  for (const sequence of numbers(1, 35)) await host.publish('error', eventFrame(sequence, { class: 'error' }));
  await until('repeats', async () => (await place.ledger('error')).repeated.frames === 30);
  await until('the new ones', () => place.core.sequences('h1', 'error').length === 35);
});

test('a number below the floor that neither came nor was declared is a loss, by name; a declared one is not', async () => {
  place = await new Place().open();
  const host = await place.connect('h1');
  for (const sequence of [1, 2, 4, 5, 9]) await host.publish('log', eventFrame(sequence, { class: 'log' }));
  const gap = { boot: BOOT, from: 6, to: 8, reason: 'cap', frames: 3, items: 3, firstTime: 1, lastTime: 2 };
  await host.publish('log', gapFrame(10, [gap], { class: 'log' }));
  await host.publish('log', eventFrame(11, { class: 'log', floor: 11 }));
  await until('the loss', async () => (await place.metric('heliograph_relay_lost_frames_total{class="log"}')) === 1);
  expect(await place.metric('heliograph_relay_events_total{type="frames_lost"}')).toBe(1);
  // Behind a floor that was there at the connection's first frame another relay may have it all.
  const next = await place.connect('h2');
  await next.publish('log', eventFrame(100, { class: 'log', floor: 90 }, 'h2'));
  await next.publish('log', eventFrame(101, { class: 'log', floor: 100 }, 'h2'));
  await until(
    'the suspects',
    async () => (await place.metric('heliograph_relay_lost_frames_total{class="log"}')) === 11,
  );
});

test('the successor names the end of the life before; what of it never came is a suspect', async () => {
  place = await new Place().open({ lossGrace: '10ms' });
  const host = await place.connect('h1');
  await host.publish('error', eventFrame(1, { class: 'error' }));
  const boot = makeBoot(8, new Uint8Array(8));
  await host.publish('error', eventFrame(1, { class: 'error', boot, previous: { boot: BOOT, sequence: 3 } }));
  await until('the loss', async () => (await place.metric('heliograph_relay_lost_frames_total{class="error"}')) === 2);
});

test('a host that goes is told at once, with the reason; desired configuration waits for it over a restart', async () => {
  place = await new Place().open();
  const will = {
    topic: 'fleet/h1/status',
    payload: Buffer.from(statusMessage({ state: 'down' })),
    qos: 1 as const,
    retain: true,
  };
  const host = await place.connect('h1', { will });
  await host.listen();
  await host.publish('status', statusMessage());
  await until('up at the core', () => place.core.hosts.get('h1')?.connected);
  const document = Buffer.from('{"version":1,"levels":{"*":"debug"}}');
  place.core.send({ desired: { host: 'h1', document } });
  await until('desired', () => host.desired.length === 1);
  host.client.stream.destroy();
  const gone = await until(
    'down at the core',
    () => (place.core.hosts.get('h1')?.connected === false ? place.core.hosts.get('h1') : null),
    { everyMs: 10 },
  );
  // Not by a keep-alive that ran out.
  expect(gone.reason).toBe('closed');
  await until('the event', () => place.core.frames.some((frame) => frame.host === 'relay1' && frame.class === 'alert'));
  await place.relay.close();
  await place.startRelay();
  const again = await place.connect('h1');
  await again.listen();
  await until('desired again', () => again.desired.length === 1);
  expect(again.desired[0]).toEqual({ text: document.toString(), retain: true });
});

test('pressure of the core reaches the collectors', async () => {
  place = await new Place().open();
  const host = await place.connect('h1');
  await host.listen();
  await until('a stream', async () => (await place.metric('heliograph_relay_core_connected')) === 1);
  place.core.send({ pressure: { class: DATA_CLASSES.indexOf('debug'), level: 2 } });
  await until('told', () => host.controls.some((control) => control.pressure?.debug === 2));
  await place.stopCore();
  await until('let go', () => host.controls.at(-1)?.pressure?.debug === 0);
});
