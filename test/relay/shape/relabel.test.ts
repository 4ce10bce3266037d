import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { imbalance } from '../../../lib/ledger.ts';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { until } from '../../support/until.ts';
import { samplesAt, samplesFrame, sendSamples, sentPage } from '../rollup/samples.ts';
import { Place } from '../setup.ts';

let place: Place;
afterEach(() => place.close());

const T = 1_790_000_000_000;
const PAGE = sentPage([
  { name: 'a', labels: { code: '1' } },
  { name: 'a', labels: { code: '2' } },
  { name: 'b' },
  { name: 'c', labels: { tmp: 'x' } },
]);
const PLAIN = sentPage([{ name: 'plain' }, { name: 'plain2' }]);
const DROP = { source_labels: ['__name__'], regex: 'b', action: 'drop' };
const RENAME = { source_labels: ['__name__'], regex: 'a', target_label: '__name__', replacement: 'new' };

async function open(relabel: unknown): Promise<void> {
  place = new Place();
  await place.open({ relabel });
}

/** What the core has of h1. */
const frames = () => place.core.frames.filter(({ host, class: name }) => host === 'h1' && name === 'metric');

async function account() {
  await until('all acknowledged', async () => (await place.ledger('metric')).queued.frames === 0);
  const entry = await place.ledger('metric');
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
  return entry;
}

test('series are dropped and renamed, absent samples stay absent, and the ledger has what went', async () => {
  await open([DROP, RENAME, { regex: 'tmp', action: 'labeldrop' }]);
  const host = await place.connect('h1');
  await sendSamples(host, PAGE, 1, [
    [T, 1, 2, 3, 4],
    [T + 1000, 5, Number.NaN, 6, Number.NaN],
  ]);
  await until('the frame', () => frames().length === 1);
  expect(samplesAt(place.core, 'h1')).toEqual({
    [`new{code=1}@${T}`]: 1,
    [`new{code=1}@${T + 1000}`]: 5,
    [`new{code=2}@${T}`]: 2,
    [`c{}@${T}`]: 4,
  });
  // The core had every page before the frame that names it.
  expect(place.core.undefinedFrames).toBe(0);
  const entry = await account();
  expect(entry.dropped).toEqual({ relabelled: { frames: 0, items: 2 } });
  expect(entry.out).toEqual({ frames: 1, items: 4 });
  expect(await place.metric('heliograph_relay_samples_left_out_total{reason="relabelled"}')).toBe(2);
});

test('a frame that rules leave alone goes on byte for byte, and so does one that cannot be read', async () => {
  await open([DROP]);
  const host = await place.connect('h1');
  const frame = samplesFrame(PLAIN, 1, [[T, 1, 2]]);
  await host.publish('definitions', PLAIN.content);
  await host.publish('metric', frame);
  await until('the frame', () => frames().length === 1);
  expect(Buffer.from(frames()[0]!.frame)).toEqual(Buffer.from(frame));
  // A frame whose columns are no columns, of a page that rules would change.
  await host.publish('definitions', PAGE.content);
  const torn = samplesFrame(PAGE, 2, [[T, 1, 2, 3, 4]]);
  torn.fill(0xff, torn.length - 6);
  await host.publish('metric', torn);
  await until('the torn frame', () => frames().length === 2);
  expect(Buffer.from(frames()[1]!.frame)).toEqual(Buffer.from(torn));
  expect(await place.metric('heliograph_relay_frames_not_shaped_total')).toBe(1);
});

test('rules see instance and site; what they set of those becomes exported, and two series that become one are one', async () => {
  await open([
    { source_labels: ['instance', 'site'], target_label: 'where' },
    { regex: 'code', action: 'labeldrop' },
    { regex: 'where', action: 'labelmap', replacement: 'instance' },
  ]);
  await sendSamples(await place.connect('h1'), PAGE, 1, [
    [T, 1, 2, 3, 4],
    [T + 1, Number.NaN, 2, 3, 4],
  ]);
  await until('the frame', () => frames().length === 1);
  const labels = '{exported_instance=h1;north,where=h1;north}';
  expect(samplesAt(place.core, 'h1')).toMatchObject({
    [`a${labels}@${T}`]: 1,
    [`a${labels}@${T + 1}`]: 2,
    [`b${labels}@${T}`]: 3,
  });
  expect((await account()).dropped).toEqual({ relabel_duplicate: { frames: 0, items: 1 } });
});

test('frames keep their numbers and their samples through repeats, a refused block, and a core that was away', async () => {
  await open([DROP, RENAME]);
  const host = await place.connect('h1');
  let refused = 0;
  place.core.answer = (dataClass, frames) => {
    if (dataClass !== 'metric' || frames.length < 2 || refused > 0) return 'acknowledge';
    refused++;
    return { code: 'HG_TEST', retryAfterMs: 0 };
  };
  await place.stopCore();
  await sendSamples(host, PAGE, 1, [[T, 1, 2, 3, 4]]);
  for (let i = 2; i <= 6; i++) await sendSamples(host, PAGE, i, [[T + i, i, i, i, i]]);
  await sendSamples(host, PAGE, 3, [[T + 3, 3, 3, 3, 3]]);
  await place.startCore();
  await until('all frames', () => new Set(place.core.sequences('h1', 'metric')).size === 6);
  const entry = await account();
  expect(refused).toBe(1);
  expect(entry.dropped).toEqual({ relabelled: { frames: 0, items: 6 } });
  expect(entry.out).toEqual({ frames: 6, items: 18 });
  expect(Object.keys(samplesAt(place.core, 'h1')).filter((key) => key.startsWith('new'))).toHaveLength(12);
});

test('a file of rules is read again when it changes; a bad one keeps those before, and says so', async () => {
  place = new Place();
  const file = join(place.directory, 'relabel.yaml');
  writeFileSync(file, JSON.stringify([DROP]));
  await place.open({ relabel: { rules: file } });
  const host = await place.connect('h1');
  await sendSamples(host, PAGE, 1, [[T, 1, 2, 3, 4]]);
  await until('the frame', () => frames().length === 1);
  writeFileSync(file, '- {action: drip}\n');
  const refused = () => place.metric('heliograph_relay_relabel_rules_refused');
  await until('the refusal', refused);
  const { troubles } = JSON.parse(await place.page('/status.json')) as RelayStatus;
  expect(troubles.join()).toMatch(
    /the relabel rules cannot be used, those before stay: HG_CONFIG_\w+: .*relabel\.yaml:/,
  );
  await sendSamples(host, PAGE, 2, [[T + 2, 1, 2, 3, 4]]);
  await until('the frame', () => frames().length === 2);
  writeFileSync(file, JSON.stringify([RENAME]));
  await until('no refusal', async () => (await refused()) === 0);
  await sendSamples(host, PAGE, 3, [[T + 3, 1, 2, 3, 4]]);
  await until('the frame', () => frames().length === 3);
  const found = samplesAt(place.core, 'h1');
  for (const at of [T, T + 2]) expect(found).not.toHaveProperty([`b{}@${at}`]);
  expect(found).toMatchObject({ [`a{code=1}@${T + 2}`]: 1, [`new{code=1}@${T + 3}`]: 1, [`b{}@${T + 3}`]: 3 });
});

test('roll-ups see series as they came; the rules see what roll-ups leave', async () => {
  place = new Place();
  const rollups = join(place.directory, 'rollups.yaml');
  writeFileSync(
    rollups,
    '- {name: r, match: "a{code=\\"1\\"}", interval: 1s, lateness: 3s, by: [code], outputs: [sum], inputs: drop}',
  );
  await place.open({ relabel: [DROP, RENAME], rollups: { rules: rollups, restartGrace: '1ms' } });
  // Its window waits for it, and no longer than a slow machine needs.
  const host = await place.connect('h1');
  const now = Date.now();
  await sendSamples(host, PAGE, 1, [[now, 1, 2, 3, 4]]);
  await until('the roll-up', () => Object.keys(samplesAt(place.core, 'relay1')).length > 0);
  expect(Object.keys(samplesAt(place.core, 'relay1'))[0]).toMatch(/^a:1s_by_code_sum_samples\{code=1\}/);
  expect(samplesAt(place.core, 'h1')).toEqual({ [`new{code=2}@${now}`]: 2, [`c{tmp=x}@${now}`]: 4 });
  expect((await account()).dropped).toEqual({
    rolled_up: { frames: 0, items: 1 },
    relabelled: { frames: 0, items: 1 },
  });
});
