import { afterEach, expect, test } from 'vitest';
import type { HostView } from '../../../core/fleet/host.ts';
import { samplesFrame } from '../../relay/rollup/samples.ts';
import { until } from '../../support/until.ts';
import { DUE_MS, INTERVAL_MS, MergedFleet, PAGE } from './merged-fleet.ts';

let fleet: MergedFleet;
afterEach(() => fleet.close());

const OUTPUTS = '[total, increase, sum, count_samples, count_series, stddev, max, last]';
const rules = (inputs: string) => `
- {name: took, match: took_seconds, interval: 10s, lateness: 1s, by: [service], merge: core, inputs: ${inputs}, outputs: ${OUTPUTS}}
- {name: plain, match: took_seconds, interval: 10s, lateness: 1s, without: [instance], merge: core, inputs: ${inputs}, outputs: [avg]}
`;

/** The frame of that number: both services' counters go up by 10 and by 7 with each. */
const frame = (end: number, sequence: number, offset = 0) =>
  samplesFrame(PAGE, sequence, [[end - INTERVAL_MS + 1 + sequence * 1000 + offset, sequence * 10, sequence * 7]]);

/** One host sends a frame to both relays, of another its second relay has only what is new. */
async function moveHosts(end: number): Promise<void> {
  const some = (sequences: readonly number[], offset: number) =>
    sequences.map((sequence) => frame(end, sequence, offset));
  await fleet.sendFrames('relay1', 'h1', some([1, 2, 3], 0));
  await fleet.sendFrames('relay1', 'h2', some([1, 2], 1));
  await fleet.sendFrames('relay2', 'h1', some([3, 4, 5], 0));
  await fleet.sendFrames('relay2', 'h2', some([3, 4], 1));
}

/** What stands at the window's end, of the service with steps of 10. */
async function outcome(end: number): Promise<Record<string, number>> {
  for (const relay of fleet.relays.values()) relay.pass(end + 1_000);
  await fleet.sketches('taken', 8);
  fleet.core.pass(end + DUE_MS + 1);
  const found = await until('the window', async () => {
    const merged = await fleet.merged(end);
    return Object.keys(merged).length > 0 ? merged : null;
  });
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => {
      const output = /^took_seconds:10s_by_service_(\w+)\{service=cart\}$/.exec(name)?.[1];
      return output ? [[output, value]] : [];
    }),
  );
}

const VALUES = [10, 20, 30, 40, 50, 10, 20, 30, 40];
const MEAN = VALUES.reduce((sum, value) => sum + value, 0) / VALUES.length;
const STDDEV = Math.sqrt(VALUES.reduce((sum, value) => sum + (value - MEAN) ** 2, 0) / VALUES.length);

test('a window in which hosts changed their relay is computed again from what the store has', async () => {
  const end = Math.ceil(Date.now() / INTERVAL_MS + 1) * INTERVAL_MS;
  fleet = await new MergedFleet().open(['relay1', 'relay2'], end - 1_000, {}, rules('keep'));
  await moveHosts(end);
  const { stddev, ...others } = await outcome(end);
  expect(others).toEqual({
    ...{ total: 70, increase: 70, sum_samples: MEAN * VALUES.length, count_samples: VALUES.length },
    ...{ count_series: 2, max: 50, last: 50 },
  });
  expect(stddev).toBeCloseTo(STDDEV, 9);
  expect(await fleet.core.metric('heliograph_core_rollup_recomputed_total{how="done"}')).toBe(4);
  expect(await fleet.core.values('heliograph_rollup_recomputed', end)).toEqual({
    'heliograph_rollup_recomputed{rule=plain}': 1,
    'heliograph_rollup_recomputed{rule=took}': 1,
  });
  // Of the first relay, whose part came first, it is in the layout that says least.
  expect((await fleet.merged(end))['took_seconds:10s_without_instance_avg{service=cart}']).toBeCloseTo(MEAN, 9);
  const marked = await fleet.core.values('heliograph_rollup_partial{reason="hand_over"}', end);
  expect(Object.values(marked)).toEqual([1, 1]);

  // Once more after a crash: the counter has not moved.
  await fleet.core.kill();
  await fleet.core.start();
  await until('the window once more', async () => {
    return (await fleet.core.metric('heliograph_core_rollup_windows_total{how="first"}')) === 4;
  });
  const again = await fleet.merged(end);
  expect(again['took_seconds:10s_by_service_total{service=cart}']).toBe(70);
});

test('where the samples do not go on to the store, the window is marked and stays as it was merged', async () => {
  const end = Math.ceil(Date.now() / INTERVAL_MS + 1) * INTERVAL_MS;
  fleet = await new MergedFleet().open(['relay1', 'relay2'], end - 1_000, {}, rules('drop'));
  await moveHosts(end);
  // One frame twice, and one step of the other host's counter not at all.
  expect(await outcome(end)).toMatchObject({ count_samples: VALUES.length + 1, increase: 60, count_series: 4 });
  expect(await fleet.core.metric('heliograph_core_rollup_recomputed_total{how="done"}')).toBe(0);
  const marked = await fleet.core.values('heliograph_rollup_partial{reason="hand_over"}', end);
  expect(Object.values(marked)).toEqual([1, 1]);
});

test('a relay of one process whose results the core writes has them computed again from the samples of its own time with a host', async () => {
  const end = Math.ceil(Date.now() / INTERVAL_MS + 1) * INTERVAL_MS;
  const began = end - INTERVAL_MS;
  const own = '[increase, count_samples, count_series, last]';
  const rule = `- {name: took, match: took_seconds, interval: 10s, lateness: 1s, by: [service], merge: own, outputs: ${own}}`;
  fleet = await new MergedFleet().open(['relay1', 'relay2'], began, {}, rule);
  const [relay1, relay2] = fleet.relays.values();
  relay1!.pass(began + 3_500);
  await fleet.sendFrames(
    'relay1',
    'h1',
    [1, 2, 3].map((sequence) => frame(end, sequence)),
  );
  const host = async () => (await fleet.core.json<{ hosts: HostView[] }>('/api/v1/fleet')).hosts[0];
  await until('the core knows that it went', async () => (await host())?.state === 'gone');
  relay2!.pass(began + 3_600);
  // The third was on its way when it moved.
  await fleet.sendFrames(
    'relay2',
    'h1',
    [3, 4, 5].map((sequence) => frame(end, sequence)),
  );
  await until('the core knows where it is', async () => (await host())?.relay === 'relay2');
  for (const relay of [relay1, relay2]) relay!.pass(end + 1_000);
  await fleet.sketches('taken', 4);
  fleet.core.pass(end + DUE_MS + 1);
  const of = (output: string) =>
    fleet.core.values(`{__name__="took_seconds:10s_by_service_${output}", service="cart"}`, end);
  const named = (output: string, first: number, second: number) => {
    const name = (relay: string) =>
      `took_seconds:10s_by_service_${output}{relay=${relay},service=cart,site=site-of-${relay}}`;
    return { [name('relay1')]: first, [name('relay2')]: second };
  };
  await until('both windows', async () => Object.keys(await of('count_samples')).length === 2);
  expect(await of('count_samples')).toEqual(named('count_samples', 3, 2));
  expect(await of('increase')).toEqual(named('increase', 20, 10));
  expect(await of('count_series')).toEqual(named('count_series', 1, 1));
  expect(await of('last')).toEqual(named('last', 30, 50));
  expect(await fleet.core.values('heliograph_rollup_recomputed', end)).toEqual({
    'heliograph_rollup_recomputed{relay=relay2,rule=took,site=site-of-relay2}': 1,
  });
});
