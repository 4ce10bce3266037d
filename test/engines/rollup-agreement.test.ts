import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasTotal, mergedSamples, type ResultWindow, totalSample } from '../../core/rollup/results.ts';
import { sumOf } from '../../lib/compensated.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { mergePart, startPart, startRest, type WindowPart } from '../../lib/window-part.ts';
import { CborReader } from '../../proto/cbor-reader.ts';
import { ROLLED_INSTANCE } from '../../proto/page.ts';
import { readSketches } from '../../proto/sketches.ts';
import { type RolledPage, RollupEngine } from '../../relay/rollup/engine.ts';
import { type OutputSketch, sketchBodies } from '../../relay/rollup/output-sketches.ts';
import { loadRules, rollupRules } from '../../relay/rollup/rules.ts';
import { TakenFrames } from '../../relay/rollup/taken-frames.ts';
import { seededRandom } from '../../simulator/random.ts';
import { askEngine, buildEngine } from './promql/prometheus-engine.ts';
import { asSeries, BOUNDS, CODES, checksByCode, PHIS, type Sample } from './rollup/raw-samples.ts';

/** Roll-ups beside what the real Prometheus computes from the raw samples at the end of each window: equal where exact, within its error where sketched. */
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));

const BEGIN = 1_790_000_040_000;
const MINUTE = 60_000;
const MINUTES = 30;
const HOSTS = ['h0', 'h1', 'h2', 'h3'];
const RULES = `
- {name: groups, match: m, interval: 1m, lateness: 2m, by: [code], outputs: [total, increase, rate_sum, sum, avg, min, max, count_series, count_samples, "histogram(${BOUNDS})", "quantiles(${PHIS})"]}
- {name: series, match: m, interval: 1m, lateness: 2m, outputs: [last, stddev, increase]}
- {name: long, match: m, interval: 5m, lateness: 2m, by: [code], outputs: [increase, sum]}
`;
const PAGE: RolledPage = {
  hash: 'p',
  series: CODES.map((code) => ({ name: 'm', labels: [['code', code]] as const })),
};

/** Counters that begin again now and then, samples left out, a host that is silent for a while. No two samples have one time. */
function makeSamples(random: () => number): Sample[] {
  const samples: Sample[] = [];
  for (const [h, host] of HOSTS.entries()) {
    const counters = CODES.map(() => 0);
    const silent = Math.floor(random() * MINUTES);
    for (
      let time = BEGIN + 1000 + h;
      time < BEGIN + MINUTES * MINUTE;
      time += 5000 + Math.floor(random() * 10) * 1000
    ) {
      const minute = (time - BEGIN) / MINUTE;
      if (minute > silent && minute < silent + 4 + h) continue;
      for (const c of counters.keys()) {
        counters[c] = random() < 0.03 ? Math.floor(random() * 10) : counters[c]! + Math.floor(random() * 50);
      }
      samples.push({ host, time, values: counters.map((value) => (random() < 0.1 ? null : value)) });
    }
  }
  return samples.sort((a, b) => a.time - b.time);
}

/** All windows' results: output, labels and end to value. @param merged what a process has goes to the core, and stands for nothing yet */
function rollUp(
  samples: readonly Sample[],
  random: () => number,
  merged: OutputSketch[] | null = null,
): Map<string, number> {
  const room = { series: 0, groups: 0, mostSeries: 1e4, mostGroups: 1e4 };
  const engine = new RollupEngine('north', room, (_, error) => {
    throw error;
  });
  engine.setRules(merged ? rulesOfWorkers() : parseConfig('rollups.yaml', RULES, rollupRules));
  const frames = new TakenFrames();
  const sequences = new Map<string, number>();
  const results = new Map<string, number>();
  const take = (sequence: number, { host, time, values }: Sample) => {
    const place = frames.take(host, 'boot', sequence, time);
    if (!place) return;
    engine.take(
      host,
      {
        page: PAGE,
        times: Float64Array.of(time),
        values: Float64Array.from(values, (value) => value ?? 0),
        present: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
      },
      place,
      time,
    );
  };
  const close = (now: number) => {
    for (const { series, time, value } of engine.close(now, merged ?? [])) {
      const labels = series.labels.map(([label, text]) => `${label}=${text}`).join();
      results.set(`${series.name}{${labels}}@${time}`, value);
    }
  };
  let held: [number, Sample][] = [];
  for (const sample of samples) {
    const sequence = (sequences.get(sample.host) ?? 0) + 1;
    sequences.set(sample.host, sequence);
    // Cut off for up to a minute, and then what is newest first.
    if (random() < 0.2) held.push([sequence, sample]);
    else take(sequence, sample);
    if (random() < 0.1) take(sequence, sample);
    if (held.length > 0 && sample.time - held[0]![1].time > MINUTE) {
      for (const [number, late] of held) take(number, late);
      held = [];
    }
    close(sample.time);
  }
  for (const [number, late] of held) take(number, late);
  close(BEGIN + (MINUTES + 10) * MINUTE);
  expect(engine.rules[0]!.state.fates).toMatchObject({ late: 0, disordered: 0, nan: 0 });
  return results;
}

/** By the output's name: the query that it must agree with, and how nearly (a part of the value). */
const CHECKS: readonly (readonly [string, string, number])[] = [
  ...checksByCode('1m').map(([output, query, error]) => [`m:1m_by_code_${output}`, query, error] as const),
  ['m:1m_last', 'last_over_time(m[1m])', 0],
  ['m:1m_stddev', 'stddev_over_time(m[1m])', 1e-9],
  ['m:1m_increase', 'increase(m[1m] anchored)', 0],
  ['m:5m_by_code_increase', 'sum by (code) (increase(m[5m] anchored))', 0],
  ['m:5m_by_code_sum_samples', 'sum by (code) (sum_over_time(m[5m]))', 0],
];

/** The rules of a relay of two processes. */
function rulesOfWorkers() {
  const folder = mkdtempSync(join(tmpdir(), 'rollup-agreement-'));
  try {
    writeFileSync(join(folder, 'rollups.yaml'), RULES);
    return loadRules(join(folder, 'rollups.yaml'), 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same of two processes that have half of the hosts each, over the wire and merged as the core does it. */
function rollUpInTwo(samples: readonly Sample[], random: () => number): Map<string, number> {
  const windows = new Map<string, { window: ResultWindow; part: WindowPart }>();
  for (const worker of [0, 1]) {
    const sketches: OutputSketch[] = [];
    rollUp(
      samples.filter(({ host }) => HOSTS.indexOf(host) % 2 === worker),
      random,
      sketches,
    );
    for (const { body } of sketchBodies(sketches, worker, false)) {
      const { end, interval = 0, groups, ...plan } = readSketches(new CborReader(body));
      for (const { series, distribution, rest = startRest() } of groups) {
        const key = `${JSON.stringify(series)} ${end}`;
        const fresh = { window: { series, end, interval, plan, origin: null }, part: startPart(plan.bounds.length) };
        const its = windows.get(key) ?? fresh;
        windows.set(key, its);
        mergePart(its.part, { distribution, rest });
      }
    }
  }
  const results = new Map<string, number>();
  const totals = new Map<string, number>();
  const inOrder = [...windows.values()].sort((a, b) => a.window.end - b.window.end);
  for (const { window, part } of inOrder) {
    const own = mergedSamples(window, part);
    if (hasTotal(window.plan)) {
      const key = JSON.stringify(window.series);
      totals.set(key, (totals.get(key) ?? 0) + sumOf(part.rest.increase));
      own.push(totalSample(window, window.end, totals.get(key)!));
    }
    for (const { series, time, value } of own) {
      const named = series.labels.map(([label, text]) => `${label === 'instance' ? ROLLED_INSTANCE : label}=${text}`);
      results.set(`${series.name}{${named.join()}}@${time}`, value);
    }
  }
  return results;
}

test.each([
  ['one process', rollUp],
  ['two processes', rollUpInTwo],
])(`roll-ups of seed ${seed} by %s are what Prometheus computes from the raw samples`, async (_, rollUps) => {
  const program = await buildEngine();
  const random = seededRandom(seed);
  const samples = makeSamples(random);
  const results = rollUps(samples, random);
  const queries = CHECKS.flatMap(([name, text, error]) => {
    const step = name.startsWith('m:5m') ? 5 : 1;
    const ends = Array.from(
      { length: MINUTES / step },
      (_, i) => Math.ceil(BEGIN / (step * MINUTE) + i + 1) * step * MINUTE,
    );
    return ends.map((time) => ({ name, error, text, time }));
  });
  const answers = await askEngine(program, asSeries(samples), queries);
  const totals = new Map<string, number>();
  let compared = 0;
  for (const [i, { name, error, text, time }] of queries.entries()) {
    const answer = answers[i]!;
    if (!('data' in answer) || answer.data.resultType !== 'vector')
      throw new Error(`${text}: ${JSON.stringify(answer)}`);
    for (const { metric, value } of answer.data.result) {
      const { code, instance, le } = metric as Record<string, string>;
      const [output, phi] = name.split('/');
      const own = { code, le, quantile: phi, rolled_instance: instance };
      const labels = Object.entries(own).filter(([, text]) => text !== undefined);
      const key = `${output}{${labels.map(([label, text]) => `${label}=${text}`).join()}}@${time}`;
      const want = Number(value[1]);
      const got = results.get(key);
      // Prometheus has a counter's last sample within the look-back where the window has none: nothing was added.
      if (got === undefined && want === 0 && text.includes('anchored')) continue;
      if (got === undefined && name.includes('histogram') && want === 0) continue;
      expect(got, `${key} against ${text}`).toBeDefined();
      const off = Math.abs(got! - want);
      if (!(off <= error * Math.abs(want))) expect.fail(`seed ${seed}: ${key} is ${got}, and ${text} is ${want}`);
      compared++;
      if (name === 'm:1m_by_code_increase') {
        const total = (totals.get(code!) ?? 0) + want;
        totals.set(code!, total);
        expect(results.get(`m:1m_by_code_total{code=${code}}@${time}`), `${key}, as a total`).toBe(total);
      }
    }
  }
  console.log(`seed ${seed}: ${compared} values compared, ${results.size} rolled up`);
  expect(compared).toBeGreaterThan(1500);
});
