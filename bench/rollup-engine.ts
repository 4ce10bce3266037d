import { parseConfig } from '../lib/config/load.ts';
import { type RolledPage, RollupEngine } from '../relay/rollup/engine.ts';
import { rollupRules } from '../relay/rollup/rules.ts';
import { TakenFrames } from '../relay/rollup/taken-frames.ts';
import { threeDigits } from './page/three-digits.ts';
import { collectGarbage } from './process/collect-garbage.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 1000;
const SERIES = 200;
const INSTANTS = 60;
const BEGIN = 1_790_000_040_000;
const PAGE: RolledPage = {
  hash: 'p',
  series: Array.from({ length: SERIES }, (_, i) => ({
    name: 'node_test_total',
    labels: [['device', `d${String(i).padStart(3, '0')}`]] as const,
  })),
};

/** The roll-up engine alone: samples of 1,000 hosts with 200 series each, one instant every 10 s, by one rule with windows of a minute. */
export async function run(): Promise<BenchResult[]> {
  return [
    ...one('total', 'total'),
    ...one('total, avg, max', 'total, avg, max'),
    ...one('count_series, quantiles(0.99)', 'count_series, "quantiles(0.99)"'),
    ...tenRules('ten rules, each for a tenth of the series', (i) => `node_test_total{device=~"d.*${i}"}`, 10),
    // The usual limit holds a tenth of what passes.
    ...tenRules('ten rules, each for all series', () => 'node_test_total', 2),
  ];
}

/** As a relay's configuration has it. */
const MOST_SERIES = 1_000_000;

/** Ten rules over 10,000 hosts of 100 series: how much CPU a sample takes, and the memory of all that is remembered. */
function tenRules(name: string, match: (i: number) => string, instants: number): BenchResult[] {
  const rules = Array.from(
    { length: 10 },
    (_, i) =>
      `- {name: r${i}, match: '${match(i)}', interval: 1m, lateness: 10s, without: [instance], outputs: [total, avg, max]}\n`,
  );
  const page = { hash: 'p', series: PAGE.series.slice(0, 100) };
  const room = { series: 0, groups: 0, mostSeries: MOST_SERIES, mostGroups: MOST_SERIES };
  collectGarbage();
  const before = memory();
  const engine = new RollupEngine('site', room, (_, error) => {
    throw error;
  });
  engine.setRules(parseConfig('bench.yaml', rules.join(''), rollupRules));
  const frames = new TakenFrames();
  const values = Float64Array.from(page.series, (_, i) => i);
  const hosts = 10_000;
  let took = 0;
  for (let instant = 0; instant <= instants; instant++) {
    const time = BEGIN + instant * 10_000;
    for (let i = 0; i < values.length; i++) values[i]! += (i * 7 + instant) % 50;
    const began = process.cpuUsage();
    for (let h = 0; h < hosts; h++) {
      const place = frames.take(`host-${h}`, 'boot', instant + 1, time)!;
      engine.take(`host-${h}`, { page, times: Float64Array.of(time), values, present: null }, place, time);
    }
    engine.close(time);
    const { user, system } = process.cpuUsage(began);
    if (instant > 0) took += user + system;
  }
  const samples = instants * hosts * values.length;
  collectGarbage();
  const bytes = memory() - before;
  const taken = engine.rules.reduce((sum, { state }) => sum + state.fates.taken, 0) / (instants + 1);
  const over = engine.rules.reduce((sum, { state }) => sum + state.fates.series_limit, 0) / (instants + 1);
  const note = `${hosts} hosts of ${values.length} series; of each instant ${taken} samples of a rule taken, ${over} over the limit of ${MOST_SERIES} series`;
  return [
    { name: `roll-up engine, ${name}: CPU per million samples`, value: threeDigits(took / samples), unit: 's', note },
    { name: `roll-up engine, ${name}: memory`, value: threeDigits(bytes / 2 ** 20), unit: 'MiB' },
  ];
}

function one(name: string, outputs: string): BenchResult[] {
  const rule = `- {name: r, match: node_test_total, interval: 1m, lateness: 10s, without: [instance], outputs: [${outputs}]}`;
  const room = { series: 0, groups: 0, mostSeries: 1e7, mostGroups: 1e7 };
  collectGarbage();
  const before = memory();
  const engine = new RollupEngine('site', room, (_, error) => {
    throw error;
  });
  engine.setRules(parseConfig('bench.yaml', rule, rollupRules));
  const frames = new TakenFrames();
  const values = Float64Array.from({ length: SERIES }, (_, i) => i);
  let closed = 0;
  let took = 0;
  for (let instant = 0; instant < INSTANTS; instant++) {
    const time = BEGIN + instant * 10_000;
    for (let i = 0; i < SERIES; i++) values[i]! += (i * 7 + instant) % 50;
    const began = process.cpuUsage();
    for (let h = 0; h < HOSTS; h++) {
      const host = `host-${h}`;
      const place = frames.take(host, 'boot', instant + 1, time)!;
      engine.take(host, { page: PAGE, times: Float64Array.of(time), values, present: null }, place, time);
    }
    closed += engine.close(time).length;
    const { user, system } = process.cpuUsage(began);
    // The first one finds out what of each page is wanted.
    if (instant > 0) took += user + system;
  }
  const samples = (INSTANTS - 1) * HOSTS * SERIES;
  collectGarbage();
  const bytes = (memory() - before) / (HOSTS * SERIES);
  // Named after it was measured, or it would be garbage by then.
  const note = `${HOSTS} hosts of ${SERIES} series, ${engine.hosts().size * SERIES} remembered, ${closed} results`;
  return [
    { name: `roll-up engine, ${name}: CPU per sample`, value: threeDigits((took * 1000) / samples), unit: 'ns', note },
    { name: `roll-up engine, ${name}: memory per series`, value: threeDigits(bytes), unit: 'B' },
  ];
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
