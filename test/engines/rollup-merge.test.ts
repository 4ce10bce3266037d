import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SketchWindow } from '../../proto/sketches.ts';
import { TestCore } from '../support/core/core.ts';
import type { TestRelay } from '../support/core/relay.ts';
import { windowEntry, windowOf } from '../support/core/sketches.ts';
import { Engine } from '../support/engine.ts';
import { until } from '../support/until.ts';

const GROUPS = 24;
const GRACE_MS = 10_000;
let engines: Engine[];
let cores: TestCore[];
let relays: TestRelay[];
let time = Math.floor(Date.now() / 1000) * 1000;
const clock = { now: () => time, mono: () => performance.now() };
let sequence = 0;

beforeAll(async () => {
  engines = await Promise.all([
    Engine.start('victoria-metrics', {}, ['-dedup.minScrapeInterval=1ms']),
    Engine.start('kafka'),
  ]);
  const [metrics, bus] = engines as [Engine, Engine];
  const config = {
    metrics: 'victoriametrics',
    victoriametrics: { addresses: [metrics.values.VICTORIA_METRICS_URL] },
    bus: 'kafka',
    kafka: { brokers: [bus.values.KAFKA_BROKERS], session: '6s' },
    rollups: { grace: `${GRACE_MS}ms` },
  };
  cores = [await TestCore.make(), await TestCore.make()];
  for (const core of cores) await core.start(config, { clock });
  relays = [];
  for (const [i, core] of cores.entries()) relays.push(await (await core.relay(`relay-${i}`)).hello());
});
afterAll(async () => {
  for (const core of cores ?? []) await core.remove();
  for (const engine of engines ?? []) await engine.stop();
});

/** A metric of all cores that are up, added up. */
function metric(name: string): number {
  const lines = cores.flatMap((core) => core.registry.render().split('\n'));
  return lines
    .filter((line) => line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(name.length + 1)), 0);
}

const bytes = () => metric('heliograph_core_rollup_waiting_bytes');
const windows = () => metric('heliograph_core_rollup_windows_waiting');

async function deliver(relay: TestRelay, window: SketchWindow): Promise<void> {
  const answer = await relay.deliver('metric', [windowEntry(window, ++sequence, relay.name)]);
  expect(answer).toEqual({ kind: 'acknowledged' });
}

/** The counts over all relays at a time, of all groups. */
async function counts(end: number): Promise<string[]> {
  const query = '{__name__="took:1s_count_samples", relay=""}';
  const path = '/api/v1/query';
  const { data } = await cores[0]!.get<{ data: { result: { value: [number, string] }[] } }>(path, {
    query,
    time: String(end / 1000),
  });
  return data.result.map(({ value }) => value[1]);
}

/** Both relays have a window, each at its own gateway. @returns its end */
async function bothDeliver(): Promise<number> {
  const end = time;
  const before = { windows: windows(), bytes: bytes() };
  await deliver(relays[0]!, windowOf(GROUPS, 10, end));
  await until('the sketches of one', () => windows() === before.windows + GROUPS);
  const one = bytes() - before.bytes;
  await deliver(relays[1]!, windowOf(GROUPS, 10, end));
  await until('the sketches of both', () => bytes() === before.bytes + 2 * one);
  return end;
}

const all = (count: string) => new Array<string>(GROUPS).fill(count);

test('sketches of relays at two gateways meet, and are written once', async () => {
  const end = await bothDeliver();
  expect(await counts(end)).toEqual([]);
  time = end + GRACE_MS + 1;
  await until('the window', async () => (await counts(end)).length === GROUPS);
  expect(await counts(end)).toEqual(all('20'));
  // The engine would keep the greater of two values: what comes later is left out.
  await deliver(relays[0]!, windowOf(GROUPS, 15, end));
  await until('late ones', () => metric('heliograph_core_refused_total{code="HG_ROLLUP_LATE"}') === GROUPS);
  expect(await counts(end)).toEqual(all('20'));
});

test('what waits at a gateway that goes is merged by the other', async () => {
  time += 60_000;
  const end = await bothDeliver();
  const waiting = bytes();
  const [, gone] = cores.splice(0, 2, cores[0]!);
  await gone!.remove();
  await until('all of it at the other', () => bytes() === waiting);
  time = end + GRACE_MS + 1;
  await until('the window', async () => (await counts(end)).length === GROUPS);
  expect(await counts(end)).toEqual(all('20'));
});
