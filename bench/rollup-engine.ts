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
