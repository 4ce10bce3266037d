import { afterEach, expect, test } from 'vitest';
import { addToDistribution, startDistribution } from '../../../lib/distribution.ts';
import type { BlockEntry } from '../../../proto/block.ts';
import { encodeFrame } from '../../../proto/frame.ts';
import { makeBoot } from '../../../proto/hash.ts';
import { encodeSketchesBody, type SketchWindow } from '../../../proto/sketches.ts';
import { TestCore } from '../../support/core/core.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
afterEach(() => core.remove());

const BOOT = makeBoot(1, new Uint8Array(8));
const END = Math.floor(Date.now() / 1000) * 1000;

/** A window of some services, each with the values 1 to `values`. */
function windowOf(services: number, values: number, more: Partial<SketchWindow> = {}): SketchWindow {
  const groups = Array.from({ length: services }, (_, i) => {
    const distribution = startDistribution(0);
    for (let value = 1; value <= values; value++) addToDistribution(distribution, value, []);
    return { series: { name: 'took:1s', labels: [['service', `s${i}`] as const] }, distribution };
  });
  return {
    rule: 'took',
    end: END,
    lateness: 0,
    quantiles: [0.5],
    bounds: [],
    plain: ['count_samples'],
    groups,
    ...more,
  };
}

function entryOf(body: Uint8Array, sequence: number, count: number, host = 'relay-1'): BlockEntry {
  const header = { class: 'metric', boot: BOOT, sequence, floor: 1, created: END, count, previous: null } as const;
  return { host, received: END, skew: 0, frame: encodeFrame({ ...header, kind: 'sketches' }, body) };
}

async function deliver(relay: TestRelay, window: SketchWindow, sequence: number): Promise<void> {
  const entry = entryOf(encodeSketchesBody(window), sequence, window.groups.length);
  expect(await relay.deliver('metric', [entry])).toEqual({ kind: 'acknowledged' });
}

const metric = (name: string) =>
  Number(
    core.registry
      .render()
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? 0,
  );
const refused = (code: string) => metric(`heliograph_core_refused_total{code="${code}"}`);
const fate = (name: string) => metric(`heliograph_core_rollup_sketches_total{fate="${name}"}`);

async function stored(
  query: string,
  time = END,
): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
  const { data } = await core.get<{ data: { result: never[] } }>('/api/v1/query', { query, time: String(time / 1000) });
  return data.result;
}

test('sketches that do not agree with themselves are dead letters with a code, and their neighbours are merged', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '1ms' } });
  const relay = await (await core.relay()).hello();
  const good = windowOf(1, 10);
  const body = encodeSketchesBody(good);
  const [group] = good.groups;
  const { distribution } = group!;
  const nan = { ...distribution, sketch: { ...distribution.sketch, least: Number.NaN } };
  const entries = [
    entryOf(encodeSketchesBody({ ...good, groups: [{ ...group!, distribution: nan }] }), 1, 1),
    entryOf(body, 2, 1),
    entryOf(body, 3, 7),
    // Only relays have sketches.
    entryOf(body, 4, 1, 'web-1'),
  ];
  const torn = entryOf(body, 5, 1);
  entries.push({ ...torn, frame: torn.frame.subarray(0, torn.frame.length - 3) });
  expect(await relay.deliver('metric', entries)).toEqual({ kind: 'acknowledged' });
  const { letters } = await core.get<{ letters: { code: string }[] }>('/api/v1/deadletters');
  const codes = ['HG_CORE_FRAME', 'HG_FRAME_COUNT', 'HG_WIRE_SKETCH', 'HG_WIRE_TORN'];
  expect(letters.map(({ code }) => code).sort()).toEqual(codes);
  for (const code of codes) expect(refused(code)).toBe(1);
  const [found] = await until('the window', async () => {
    const result = await stored('{__name__="took:1s_count_samples", relay=""}');
    return result.length > 0 ? result : null;
  });
  expect(found).toMatchObject({ metric: { service: 's0' }, value: [END / 1000, '10'] });
  expect(fate('taken')).toBe(1);
});

test('what is over a bound is refused with a code, and counted; what else the relay sent is stored', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '1h', maxWindows: 3 } });
  const relay = await (await core.relay()).hello();
  await deliver(relay, windowOf(5, 3), 1);
  await until('five sketches', () => fate('taken') + fate('no_room') === 5);
  expect([fate('taken'), refused('HG_ROLLUP_ROOM')]).toEqual([3, 2]);
  expect(await stored('took:1s_relay_samples')).toHaveLength(5);
  // Windows that are there have room for another relay, with the same rule.
  const other = await (await core.relay('relay-2')).hello();
  const fromOther = (window: SketchWindow, sequence: number) =>
    other.deliver('metric', [entryOf(encodeSketchesBody(window), sequence, window.groups.length, 'relay-2')]);
  await fromOther(windowOf(1, 4), 1);
  await fromOther(windowOf(1, 5, { quantiles: [0.9] }), 2);
  await until('seven sketches', () => fate('taken') + fate('no_room') + fate('other_plan') === 7);
  expect([fate('taken'), refused('HG_ROLLUP_PLAN')]).toEqual([4, 1]);
});

test('sketches for which the journal has no room are refused; the block is acknowledged all the same', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '1h', diskBytes: '1MiB' } });
  const relay = await (await core.relay()).hello();
  const wide = windowOf(1, 20_000);
  let sequence = 0;
  while (refused('HG_ROLLUP_ROOM') === 0) {
    if (++sequence > 2_000) throw new Error('the journal takes all of it');
    await deliver(relay, { ...wide, end: END + sequence * 1000 }, sequence);
  }
  const [sample] = await stored('took:1s_relay_samples', END + sequence * 1000);
  expect(sample!.value[1]).toBe('20000');
});
