import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import type { RelayStatus } from '../../../relay/status/contract.ts';
import { until } from '../../support/until.ts';
import { Place } from '../setup.ts';
import { samplesAt, sendSamples, sentPage } from './samples.ts';

let place: Place;
/** The relay's time: windows close when the test says so. */
let time = 0;
const clock: Clock = { now: () => time, mono: () => performance.now() };
afterEach(() => place.close());

const PAGE = sentPage([
  { name: 'hits', labels: { code: '200' } },
  { name: 'hits', labels: { code: '500' } },
]);
const RULES = `
- name: hits
  match: hits
  interval: 2s
  lateness: 500ms
  by: [code]
  outputs: [total, sum]
`;

async function open(rules = RULES, restartGrace = '1ms'): Promise<void> {
  time = Math.ceil(Date.now() / 2000) * 2000 + 100;
  place = new Place();
  writeFileSync(join(place.directory, 'rollups.yaml'), rules);
  await place.open(settings(restartGrace), { clock });
}

const settings = (restartGrace = '1ms') => ({
  rollups: { rules: join(place.directory, 'rollups.yaml'), restartGrace },
});

/** The end of a window that begins now, when the relay knows of all before. */
function nextWindow(): number {
  time = Math.ceil(time / 2000) * 2000 + 1;
  return time + 1999;
}

/** The window is over, and its lateness too. */
function pass(end: number): void {
  time = end + 500;
}

const TAKEN = 'heliograph_relay_rollup_samples{rule="hits",fate="taken"}';
const name = (output: string, code: number, time: number) => `hits:2s_by_code_${output}{code=${code}}@${time}`;
const outputs = () => samplesAt(place.core, 'relay1');

/** Marks of windows that lack inputs. */
function marked(found: Record<string, number>): string[] {
  return Object.keys(found).filter((key) => key.startsWith('heliograph_rollup_partial'));
}

test('closed windows reach the core as frames of the relay, beside their inputs, and the ledger balances', async () => {
  await open();
  const end = nextWindow();
  for (const [i, host] of ['h1', 'h2'].entries()) {
    const client = await place.connect(host);
    await sendSamples(client, PAGE, 1, [
      [end - 1500, 10, 1],
      [end - 500, 15 + i, Number.NaN],
      [end, 20, 4],
    ]);
    // The same again, as after a broken connection.
    await sendSamples(client, PAGE, 1, [[end, 0, 0]]);
    await sendSamples(client, PAGE, 2, [[end + 500, 100, 4]]);
  }
  const want = {
    [name('sum_samples', 200, end)]: 91,
    [name('sum_samples', 500, end)]: 10,
    [name('total', 200, end)]: 20,
    [name('total', 500, end)]: 6,
    [name('sum_samples', 200, end + 2000)]: 200,
    [name('sum_samples', 500, end + 2000)]: 8,
    [name('total', 200, end + 2000)]: 180,
    [name('total', 500, end + 2000)]: 6,
  };
  await until('all inputs', async () => (await place.metric(TAKEN)) === 14);
  pass(end + 2000);
  await until('both windows', () => Object.keys(outputs()).length >= 8);
  expect(outputs()).toEqual(want);
  expect(place.core.sequences('h1', 'metric')).toEqual([1, 2]);
  await until('the account', async () => (await place.ledger('metric')).queued.frames === 0);
  const entry = await place.ledger('metric');
  expect(entry.dropped).toEqual({});
  expect(entry.in.frames).toBe(entry.out.frames + entry.repeated.frames);
  expect(entry.in.items).toBe(entry.out.items + entry.repeated.items);
});

test('windows close while no core is there, and a restart goes on where the relay stopped', async () => {
  await open();
  const end = nextWindow();
  await place.stopCore();
  await sendSamples(await place.connect('h1'), PAGE, 1, [
    [end - 1000, 1, 5],
    [end + 1000, 3, 6],
  ]);
  await until('the inputs', async () => (await place.metric(TAKEN)) === 4);
  pass(end);
  await until('the first window', () => place.metric('heliograph_relay_rollup_outputs{fate="written"}'));
  await place.relay.close();
  await place.startRelay(settings(), { clock });
  await sendSamples(await place.connect('h1'), PAGE, 2, [[end + 1500, 10, 7]]);
  await until('the inputs', async () => (await place.metric(TAKEN)) === 2);
  pass(end + 2000);
  await place.startCore();
  await until('both windows at the core', () => outputs()[name('total', 500, end + 2000)]);
  expect(outputs()).toMatchObject({
    [name('total', 200, end)]: 0,
    [name('sum_samples', 200, end)]: 1,
    [name('total', 200, end + 2000)]: 9,
    [name('sum_samples', 200, end + 2000)]: 13,
    [name('total', 500, end + 2000)]: 2,
    [name('sum_samples', 500, end + 2000)]: 13,
  });
  // The restart had its inputs.
  expect(marked(outputs())).toEqual([]);
});

test('rules that change are taken over; a bad file keeps the ones before, and says so', async () => {
  await open();
  const file = join(place.directory, 'rollups.yaml');
  const host = await place.connect('h1');
  writeFileSync(file, `${RULES}\n  bad: 1\n`);
  await until('the refusal', () => place.metric('heliograph_relay_rollup_rules_refused'));
  const troubles = async () => (JSON.parse(await place.page('/status.json')) as RelayStatus).troubles.join();
  expect(await troubles()).toMatch(
    /the roll-up rules cannot be used, those before stay: HG_CONFIG_KEY: .*rollups\.yaml:/,
  );
  let end = nextWindow();
  await sendSamples(host, PAGE, 1, [[end, 1, 1]]);
  await until('the input', async () => (await place.metric(TAKEN)) === 2);
  pass(end);
  await until('the rules before', () => outputs()[name('sum_samples', 200, end)]);
  writeFileSync(file, RULES.replaceAll('sum', 'max'));
  await until('no refusal', async () => (await place.metric('heliograph_relay_rollup_rules_refused')) === 0);
  expect(await troubles()).not.toContain('roll-up');
  end = nextWindow();
  await sendSamples(host, PAGE, 2, [[end, 7, 1]]);
  await until('the input', async () => (await place.metric(TAKEN)) === 2);
  pass(end);
  await until('the new rules', () => outputs()[name('max', 200, end)] === 7);
});

test('without its state the relay marks the windows that it cannot have whole', async () => {
  await open();
  await place.relay.close();
  writeFileSync(join(place.directory, 'relay', 'rollups.snapshot'), 'no cbor \xff');
  const end = nextWindow();
  time += 500;
  await place.startRelay(settings(), { clock });
  await sendSamples(await place.connect('h1'), PAGE, 1, [[end, 1, 1]]);
  await until('the input', async () => (await place.metric(TAKEN)) === 2);
  pass(end);
  await until('the mark', () => outputs()[`heliograph_rollup_partial{reason=started,rule=hits}@${end}`]);
});

test('a restart before the first window closed marks nothing of what began after the first start', async () => {
  await open(RULES, '1h');
  const end = nextWindow();
  await sendSamples(await place.connect('h1'), PAGE, 1, [[end, 1, 1]]);
  await until('the input', async () => (await place.metric(TAKEN)) === 2);
  await place.relay.close();
  time = end;
  await place.startRelay(settings(), { clock });
  pass(end);
  await until('the window', () => outputs()[name('sum_samples', 200, end)]);
  expect(marked(outputs())).toEqual([]);
});

test('inputs that a rule drops do not go on: their frames do, with what is left, and the ledger has the rest as rolled_up', async () => {
  await open(`${RULES}  inputs: drop\n`);
  const end = nextWindow();
  const page = sentPage([
    ...PAGE.series.map(({ name, labels }) => ({ name, labels: Object.fromEntries(labels) })),
    { name: 'load' },
  ]);
  const host = await place.connect('h1');
  await sendSamples(host, page, 1, [
    [end - 1000, 1, 2, 7],
    [end, Number.NaN, 3, Number.NaN],
  ]);
  await sendSamples(host, page, 2, [[end + 1, Number.NaN, 4, Number.NaN]]);
  // A page of nothing else.
  await host.publish('definitions', PAGE.content);
  await sendSamples(host, PAGE, 3, [[end + 1000, 9, 9]]);
  await until('all inputs', async () => (await place.metric(TAKEN)) === 6);
  pass(end + 2000);
  await until('the second window', () => outputs()[name('sum_samples', 200, end + 2000)]);
  expect(outputs()).toMatchObject({
    [name('sum_samples', 200, end)]: 1,
    [name('sum_samples', 500, end)]: 5,
    [name('sum_samples', 500, end + 2000)]: 13,
  });
  expect(samplesAt(place.core, 'h1')).toEqual({ [`load{}@${end - 1000}`]: 7 });
  expect(place.core.sequences('h1', 'metric')).toEqual([1, 2, 3]);
  await until('the account', async () => (await place.ledger('metric')).queued.frames === 0);
  const entry = await place.ledger('metric');
  expect(entry.dropped).toEqual({ rolled_up: { frames: 0, items: 6 } });
  expect(entry.in.items - entry.out.items).toBe(6);
  const { hosts } = JSON.parse(await place.page('/ledger.json?hosts=1'));
  expect(hosts.h1.find((one: { class: string }) => one.class === 'metric')).toMatchObject({
    in: { frames: 3, items: 7 },
    out: { frames: 3, items: 1 },
    queued: { frames: 0, items: 0 },
    dropped: { rolled_up: { frames: 0, items: 6 } },
  });
});

test('inputs that the journal gave up before they were read mark the windows that lack them', async () => {
  await open();
  const end = nextWindow();
  const host = await place.connect('h1');
  await sendSamples(host, PAGE, 1, [[end, 1, 1]]);
  await until('the input', async () => (await place.metric(TAKEN)) === 2);
  await place.relay.close();
  // As if the journal had been put aside: what the state says of it is of another one.
  rmSync(join(place.directory, 'relay', 'journal'), { recursive: true });
  await place.startRelay(settings(), { clock });
  time = end + 200;
  await sendSamples(await place.connect('h1'), PAGE, 1, [[end + 100, 5, 5]]);
  await sendSamples(await place.connect('h1'), PAGE, 2, [[end + 150, 6, 6]]);
  await until('the input', async () => (await place.metric(TAKEN)) === 2);
  pass(end + 2000);
  await until('the second window', () => outputs()[name('sum_samples', 200, end + 2000)] === 6);
  expect(marked(outputs())).toEqual(
    [end, end + 2000].map((at) => `heliograph_rollup_partial{reason=lost_inputs,rule=hits}@${at}`),
  );
});

test("labels and names that a host chooses take no results of others with them, and nobody else's instance", async () => {
  await open(`
- name: hits
  match: '{__name__=~"hits.*"}'
  interval: 2s
  lateness: 500ms
  outputs: [sum]
- name: without
  match: hits
  interval: 2s
  lateness: 500ms
  without: [instance]
  outputs: [max, 'quantiles(0.5)']
`);
  const end = nextWindow();
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, '']));
  const evil = sentPage([
    { name: 'hits', labels: { rolled_instance: 'victim' } },
    { name: 'hits', labels: many },
    { name: `hits${'x'.repeat(4090)}` },
  ]);
  await sendSamples(await place.connect('evil'), evil, 1, [[end, 7, 7, 7]]);
  await sendSamples(await place.connect('h1'), PAGE, 1, [[end, 1, 2]]);
  await until(
    'samples',
    async () => (await place.metric('heliograph_relay_rollup_samples{rule="without",fate="taken"}')) === 3,
  );
  pass(end);
  await until('results', () => Object.keys(outputs()).some((key) => key.startsWith('hits:2s_without_instance_max')));
  const found = Object.entries(outputs()).filter(([key]) => /_(sum_samples|max)\{/.test(key));
  expect(Object.fromEntries(found)).toEqual({
    [`hits:2s_sum_samples{rolled_instance=evil}@${end}`]: 7,
    [`hits:2s_sum_samples{code=200,rolled_instance=h1}@${end}`]: 1,
    [`hits:2s_sum_samples{code=500,rolled_instance=h1}@${end}`]: 2,
    [`hits:2s_without_instance_max{}@${end}`]: 7,
    [`hits:2s_without_instance_max{code=200}@${end}`]: 1,
    [`hits:2s_without_instance_max{code=500}@${end}`]: 2,
  });
});
