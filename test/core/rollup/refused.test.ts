import { afterEach, expect, test } from 'vitest';
import { encodeSketchesBody, type SketchWindow } from '../../../proto/sketches.ts';
import { TestCore } from '../../support/core/core.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { sketchEntry, windowEntry, windowOf } from '../../support/core/sketches.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
afterEach(() => core.remove());

const END = Math.floor(Date.now() / 1000) * 1000;

async function deliver(relay: TestRelay, window: SketchWindow, sequence: number): Promise<void> {
  expect(await relay.deliver('metric', [windowEntry(window, sequence, 'relay-1')])).toEqual({ kind: 'acknowledged' });
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
  const good = windowOf(1, 10, END);
  const body = encodeSketchesBody(good);
  const [group] = good.groups;
  const { distribution } = group!;
  const ofHost = { ...group!.series, name: 'took' };
  const nan = { ...distribution, sketch: { ...distribution.sketch, least: Number.NaN } };
  const entries = [
    sketchEntry(encodeSketchesBody({ ...good, groups: [{ ...group!, distribution: nan }] }), 1, 1, 'relay-1'),
    sketchEntry(body, 2, 1, 'relay-1'),
    sketchEntry(body, 3, 7, 'relay-1'),
    // Relays have sketches and collectors, whose windows stand by themselves; clients of a door have none.
    sketchEntry(body, 4, 1, 'web-1@relay-1'),
    sketchEntry(encodeSketchesBody({ ...good, groups: [{ ...group!, series: ofHost }] }), 6, 1, 'web-1'),
  ];
  const torn = sketchEntry(body, 5, 1, 'relay-1');
  entries.push({ ...torn, frame: torn.frame.subarray(0, torn.frame.length - 3) });
  expect(await relay.deliver('metric', entries)).toEqual({ kind: 'acknowledged' });
  const { letters } = await core.get<{ letters: { code: string }[] }>('/api/v1/deadletters');
  const codes = ['HG_CORE_FRAME', 'HG_FRAME_COUNT', 'HG_WIRE_SKETCH', 'HG_WIRE_TORN'];
  expect(letters.map(({ code }) => code).sort()).toEqual(codes);
  for (const code of codes) expect(refused(code)).toBe(1);
  const [found, own] = await until('the window', async () => {
    const result = await stored('{__name__=~"took(:1s)?_count_samples", relay=""}');
    return result.length > 1
      ? result.sort((a, b) => Object.keys(a.metric).length - Object.keys(b.metric).length)
      : null;
  });
  expect(found).toMatchObject({ metric: { service: 's1000' }, value: [END / 1000, '10'] });
  expect(own).toMatchObject({ metric: { service: 's1000', instance: 'web-1' }, value: [END / 1000, '10'] });
  expect(fate('taken')).toBe(2);
});

test('what is over a bound is refused with a code, and counted; what else the relay sent is stored', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '1h', maxWindows: 3 } });
  const relay = await (await core.relay()).hello();
  await deliver(relay, windowOf(5, 3, END), 1);
  await until('five sketches', () => fate('taken') + fate('no_room') === 5);
  expect([fate('taken'), refused('HG_ROLLUP_ROOM')]).toEqual([3, 2]);
  expect(await stored('took:1s_relay_samples')).toHaveLength(5);
  // Windows that are there have room for another relay, with the same rule.
  const other = await (await core.relay('relay-2')).hello();
  const fromOther = (window: SketchWindow, sequence: number) =>
    other.deliver('metric', [windowEntry(window, sequence, 'relay-2')]);
  await fromOther(windowOf(1, 4, END), 1);
  await fromOther(windowOf(1, 5, END, { quantiles: [0.9] }), 2);
  await until('seven sketches', () => fate('taken') + fate('no_room') + fate('other_plan') === 7);
  expect([fate('taken'), refused('HG_ROLLUP_PLAN')]).toEqual([4, 1]);
});

test('sketches for which the journal has no room are refused; the block is acknowledged all the same', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '1h', diskBytes: '1MiB' } });
  const relay = await (await core.relay()).hello();
  const wide = windowOf(1, 20_000, END);
  let sequence = 0;
  while (refused('HG_ROLLUP_ROOM') === 0) {
    if (++sequence > 2_000) throw new Error('the journal takes all of it');
    await deliver(relay, { ...wide, end: END + sequence * 1000 }, sequence);
  }
  const [sample] = await stored('took:1s_relay_samples', END + sequence * 1000);
  expect(sample!.value[1]).toBe('20000');
});

test('what a collector cannot have in its sketches is a dead letter, and takes neither its neighbours nor windows of relays along', async () => {
  core = await (await TestCore.make()).start({ rollups: { grace: '1s' } });
  const relay = await (await core.relay()).hello();
  const fleet = { rule: 'fleet', plain: ['count_samples'] };
  const named = (name: string, labels: [string, string][] = []) => {
    const window = windowOf(1, 3, END, fleet);
    return { ...window, groups: window.groups.map((group) => ({ ...group, series: { name, labels } })) };
  };
  const many = Array.from({ length: 64 }, (_, i): [string, string] => [`l${100 + i}`, '']);
  const entries = [
    windowEntry(named('took:1s', [['service', 's1000']]), 1, 'web-1'),
    windowEntry({ ...named('slow', many), rule: 'host' }, 2, 'web-1'),
    windowEntry(named('fast', [['@instance', 'gw-1']]), 3, 'web-1'),
    // The collector started anew within the window.
    windowEntry(named('fast'), 4, 'web-1'),
    windowEntry(named('fast'), 4, 'web-1'),
  ];
  expect(await relay.deliver('metric', entries)).toEqual({ kind: 'acknowledged' });
  expect([refused('HG_CORE_FRAME'), refused('HG_WIRE_LIMIT')]).toEqual([1, 1]);
  await until('a window', async () => (await stored('fast_count_samples')).length > 0);
  expect((await stored('fast_count_samples')).map(({ value }) => value[1])).toEqual(['6']);
  expect(await stored('{__name__=~"took.*"}')).toEqual([]);
});
