import { afterEach, expect, test } from 'vitest';
import { quantileOf as exactQuantile } from '../../../core/promql/quantile.ts';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { until } from '../../support/until.ts';
import { DUE_MS, INTERVAL_MS, MergedFleet, SERVICES } from './merged-fleet.ts';

let fleet: MergedFleet;
afterEach(() => fleet.close());

const ERROR = 1 / 256;
const NAME = 'took_seconds:10s_by_service';
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = seededRandom(seed);

/** Latencies of both services; those of one host are ten times those of another. */
function latencies(count: number, scale: number): number[][] {
  const one = () => scale * Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  return Array.from({ length: count }, () => SERVICES.map(one));
}

/** The end of a window that begins a while after now. */
function nextEnd(): number {
  return Math.ceil(Date.now() / INTERVAL_MS + 1) * INTERVAL_MS;
}

/** What the core must say of a window, from all raw samples. */
function expectMerged(found: Readonly<Record<string, number>>, samples: readonly (readonly number[])[]): void {
  expect(Object.keys(found), `seed ${seed}`).toHaveLength(SERVICES.length * 13);
  for (const [i, service] of SERVICES.entries()) {
    const values = samples.map((row) => row[i]!).sort((a, b) => a - b);
    const of = (output: string, label = '') =>
      found[`${NAME}_${output}{${[label, `service=${service}`].filter(Boolean).sort().join()}}`];
    for (const phi of [0.5, 0.9, 0.99, 0.999]) {
      const exact = exactQuantile(phi, values);
      expect(Math.abs(of('quantiles', `quantile=${phi}`)! / exact - 1), `seed ${seed}, ${phi}`).toBeLessThan(ERROR);
    }
    const upTo = (bound: number) => values.filter((value) => value <= bound).length;
    expect(of('histogram_bucket', 'le=0.1')).toBe(upTo(0.1));
    expect(of('histogram_bucket', 'le=1')).toBe(upTo(1));
    for (const count of ['histogram_count', 'count_samples']) expect(of(count)).toBe(values.length);
    expect(of('histogram_bucket', 'le=+Inf')).toBe(values.length);
    const sum = values.reduce((all, value) => all + value, 0);
    for (const name of ['histogram_sum', 'sum_samples']) expect(of(name)).toBeCloseTo(sum, 6);
    expect(of('min')).toBe(values[0]);
    expect(of('max')).toBe(values.at(-1));
  }
}

test('quantiles over all relays are those of all raw samples, whatever is killed in between', async () => {
  const end = nextEnd();
  fleet = await new MergedFleet().open(['relay1', 'relay2'], end - INTERVAL_MS);
  const fast = latencies(250, 0.05);
  const slow = latencies(150, 0.5);
  const slowest = latencies(60, 2);
  await fleet.send('relay1', 'h1', end, fast);
  await fleet.send('relay2', 'h2', end, slow);
  await fleet.send('relay2', 'h3', end, slowest);
  const [relay1, relay2] = fleet.relays.values();

  relay1!.pass(end + 1_000);
  await fleet.sketches('taken', 2);
  // It has the first relay's sketches and waits; the second relay has its inputs in its journal.
  await fleet.core.kill();
  await relay2!.kill();
  await fleet.core.start();
  await fleet.sketches('taken', 2);
  await relay2!.start();
  relay2!.pass(end + 1_000);
  await fleet.sketches('taken', 4);
  expect(await fleet.merged(end)).toEqual({});

  fleet.core.pass(end + DUE_MS + 1);
  const written = await until('the merged window', async () => {
    const found = await fleet.merged(end);
    return Object.keys(found).length > 0 ? found : null;
  });
  const all = [...fast, ...slow, ...slowest];
  expectMerged(written, all);

  // Both once more: what comes again, and what is read again, is in it once.
  await relay1!.kill();
  await fleet.core.kill();
  await fleet.core.start();
  await relay1!.start();
  await fleet.sketches('taken', 4);
  await until('the window once more', async () => {
    return (await fleet.core.metric('heliograph_core_rollup_windows_total{how="first"}')) === SERVICES.length;
  });
  expect(await fleet.merged(end)).toEqual(written);

  const by = await fleet.core.values(`{__name__="${NAME}_relay_samples", service="cart"}`, end);
  expect(by).toEqual({
    [`${NAME}_relay_samples{relay=relay1,service=cart,site=site-of-relay1}`]: 250,
    [`${NAME}_relay_samples{relay=relay2,service=cart,site=site-of-relay2}`]: 210,
  });
  const { tiers } = await fleet.core.json<{ tiers: Ledger[] }>('/api/v1/ledger');
  const account = tiers.find(({ tier }) => tier === 'core')!.entries.find((entry) => entry.class === 'metric')!;
  expect(imbalance(account)).toEqual({ frames: 0, items: 0 });
  // The raw samples, one for each sketch, and what was merged of them.
  expect(account.out.items).toBe(SERVICES.length * (all.length + 2 + 13));
  expect(account.dropped).toEqual({});
});

test('a relay that is late changes what was written, up to a bound; then it is counted and left out', async () => {
  const end = nextEnd();
  fleet = await new MergedFleet().open(['relay1', 'relay2', 'relay3'], end - INTERVAL_MS, { late: '1m' });
  const parts = [latencies(50, 0.05), latencies(50, 1), latencies(50, 5)];
  for (const [i, values] of parts.entries()) await fleet.send(`relay${i + 1}`, `h${i}`, end, values);
  const [relay1, relay2, relay3] = fleet.relays.values();

  relay1!.pass(end + 1_000);
  await fleet.sketches('taken', 2);
  fleet.core.pass(end + DUE_MS + 1);
  await until('the window of one', async () => {
    return (await fleet.core.metric('heliograph_core_rollup_windows_total{how="first"}')) === SERVICES.length;
  });
  expectMerged(await fleet.merged(end), parts[0]!);

  relay2!.pass(end + 1_000);
  await fleet.sketches('taken', 4);
  await until('the window of two', async () => {
    return (await fleet.core.metric('heliograph_core_rollup_windows_total{how="revised"}')) === SERVICES.length;
  });
  const two = await fleet.merged(end);
  expectMerged(two, [...parts[0]!, ...parts[1]!]);

  fleet.core.pass(end + DUE_MS + 60_000 + 30_001);
  await until('nothing waits', async () => (await fleet.core.metric('heliograph_core_rollup_windows_waiting')) === 0);
  // What is done with is not read again.
  await fleet.core.kill();
  await fleet.core.start();
  relay3!.pass(end + 1_000);
  await fleet.sketches('late', 2);
  expect(await fleet.core.metric('heliograph_core_refused_total{code="HG_ROLLUP_LATE"}')).toBe(2);
  expect(await fleet.core.metric('heliograph_core_rollup_sketches_total{fate="taken"}')).toBe(0);
  expect(await fleet.merged(end)).toEqual(two);
});

test('after an outage a window waits for the others from when its first sketch comes', async () => {
  const end = nextEnd();
  fleet = await new MergedFleet().open(['relay1', 'relay2'], end - INTERVAL_MS);
  const parts = [latencies(40, 0.05), latencies(40, 1)];
  for (const [i, values] of parts.entries()) await fleet.send(`relay${i + 1}`, `h${i}`, end, values);
  const [relay1, relay2] = fleet.relays.values();
  const later = end + 3_600_000;
  fleet.core.pass(later);
  relay1!.pass(end + 1_000);
  await fleet.sketches('taken', 2);
  fleet.core.pass(later + 1_000);
  relay2!.pass(end + 1_000);
  await fleet.sketches('taken', 4);
  expect(await fleet.merged(end)).toEqual({});
  fleet.core.pass(later + 3_001);
  const written = await until('the window', async () => {
    const found = await fleet.merged(end);
    return Object.keys(found).length > 0 ? found : null;
  });
  expectMerged(written, parts.flat());
});
