import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { eventFrame, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

const open = () => until('a stream', async () => (await place.metric('heliograph_relay_core_connected')) === 1);
const shut = () => until('no stream', async () => (await place.metric('heliograph_relay_core_connected')) === 0);

test('blocks that were refused for now when the stream broke leave the window to others afterwards', async () => {
  place = await new Place().open({ forward: { blockBytes: '1KiB', window: '1KiB', linger: '5ms' } });
  await open();
  const host = await place.connect('h1');
  place.core.answer = (dataClass) =>
    dataClass === 'log' ? { code: 'HG_TEST_BUSY', retryAfterMs: 300 } : 'acknowledge';
  let sequence = 0;
  const send = () => host.publish('log', eventFrame(++sequence, { class: 'log' }));
  const refusals = () =>
    place.metric('heliograph_relay_blocks_refused_total{class="log",code="HG_TEST_BUSY",final="false"}');
  for (let round = 0; round < 4; round++) {
    const before = await refusals();
    for (let i = 0; i < 20; i++) await send();
    await until('a refusal', async () => (await refusals()) > before);
    await place.stopCore();
    await shut();
    await place.startCore();
    await open();
  }
  place.core.answer = () => 'acknowledge';
  await until('an empty queue', async () => (await place.ledger('log')).queued.frames === 0);
  // What comes while there is no core goes by the lane whose window must be whole again.
  await place.stopCore();
  await shut();
  for (let i = 0; i < 100; i++) await send();
  await place.startCore();
  await until('an empty queue', async () => (await place.ledger('log')).queued.frames === 0);
  expect(new Set(place.core.sequences('h1', 'log')).size).toBe(sequence);
});
