import { SeriesLimits } from '../lib/limits/series-limits.ts';
import { threeDigits } from './page/three-digits.ts';
import { collectGarbage } from './process/collect-garbage.ts';
import { measureWithConfig } from './relay/with-config.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
const FRAMES = 30_000;
/** Of the judge by itself. */
const MILLIONS = 10;
const SERIES_OF_HOST = 1_000;
const IDLE_MS = 3_600_000;

/** What counting and capping series costs: the load of `relay` with 100 samples a frame, without and with it; and ten million series. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, more] of [
    ['without limits', {}],
    ['with limits', { cardinality: {} }],
    ['with limits that fold half of all', { cardinality: { perHost: 50 } }],
  ] as const) {
    const { cpuSeconds, samples, memory, seconds } = await measureWithConfig({ hosts: HOSTS, frames: FRAMES }, more);
    const note = `${HOSTS} hosts of 100 series, ${Math.round(samples / 100 / seconds)} frames/s of 100 samples`;
    const perMillion = threeDigits(cpuSeconds / (samples / 1e6));
    results.push(
      { name: `relay, ${name}: CPU per million samples`, value: perMillion, unit: 's', note },
      { name: `relay, ${name}: memory`, value: threeDigits(memory / 2 ** 20), unit: 'MiB' },
    );
  }
  return [...results, ...million()];
}

/** Ten million series of 10,000 hosts, judged once each. */
function million(): BenchResult[] {
  collectGarbage();
  const before = memory();
  let now = 0;
  const limits = new SeriesLimits({
    caps: { perMetric: 1e7, perHost: 50_000, perMetricOfHost: 10_000, total: 1e7, overflowPerHost: 1000 },
    idleMs: IDLE_MS,
    teamLabels: ['team', 'service', 'job'],
    growth: { perMinute: 1000, times: 10, perMinuteOfHost: 5000, repeatMs: IDLE_MS, settleMs: 30_000 },
    now: () => now,
    wall: () => now,
    told: () => undefined,
    refused: (_, error) => {
      throw error;
    },
  });
  const began = process.cpuUsage();
  for (let i = 0; i < MILLIONS * 1e6; i++) {
    const host = `host-${Math.floor(i / SERIES_OF_HOST)}`;
    const of = i % SERIES_OF_HOST;
    limits.judge(host, [
      ['__name__', `metric_${of % 100}`],
      ['instance', host],
      ['job', 'node'],
      ['path', `/p${of}`],
      ['site', 'north'],
    ]);
    // 10,000 hosts come within ten minutes.
    if (of === 0) now += 60;
    if (i % 100_000 === 0) limits.tick();
  }
  const { user, system } = process.cpuUsage(began);
  const { count } = limits.total;
  collectGarbage();
  return [
    { name: 'ten million series: CPU per series', value: threeDigits((user + system) / (MILLIONS * 1e6)), unit: 'us' },
    { name: 'ten million series: memory', value: threeDigits((memory() - before) / 2 ** 20), unit: 'MiB' },
    {
      name: 'ten million series: error of their count',
      value: threeDigits(Math.abs(count / (MILLIONS * 1e6) - 1) * 100),
      unit: '%',
    },
  ];
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
