import type { Ledger } from '../lib/ledger.ts';
import { endToEndOptions } from './end-to-end/options.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { settle } from './end-to-end/settle.ts';
import { figureOf, pageOf } from './end-to-end/snapshot.ts';
import { System } from './end-to-end/system.ts';
import { warmUp } from './end-to-end/warm-up.ts';
import type { BenchRun } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';
import { type Balance, balanceOf } from './soak/balance.ts';
import { balanceFigures, trendFigures } from './soak/figures.ts';
import { watch } from './soak/watch.ts';

/** For a small machine; HELIOGRAPH_BENCH_SECONDS=3600 is the run that says something of memory. */
const USUAL = { hosts: USUAL_HOSTS.soak, seconds: 120, store: 'embedded' } as const;
/** Values of so many hosts are compared; of the others samples are counted. */
const VERIFY_HOSTS = 50;
/** Moments in a run, and how far apart they are at least and at most. */
const MOMENTS = 120;
/** A line through the second half wants three. */
const LEAST_MOMENTS = 6;
const LEAST_MS = 2_000;
const MOST_MS = 30_000;

/**
 * A steady load for long: memory, open files, latency of acknowledgement and freshness over time, and at the end whether each is flat, and whether the
 * ledger comes out even to the last sample. By environment as `end-to-end` has it, and HELIOGRAPH_BENCH_RATE, samples a second over all hosts.
 */
export async function run(): Promise<BenchRun> {
  const options = endToEndOptions(process.env, USUAL);
  const { hosts, series, intervalMs, instants, seconds } = options;
  const aSecond = (hosts * series * 1_000) / intervalMs;
  // A moment has frames of every host, so that one is like the other.
  const everyMs = Math.min(MOST_MS, Math.max(LEAST_MS, instants * intervalMs, (seconds * 1_000) / MOMENTS));
  if (seconds * 1_000 < LEAST_MOMENTS * everyMs) {
    throw new RangeError(
      `HELIOGRAPH_BENCH_SECONDS=${seconds}: at least ${(LEAST_MOMENTS * everyMs) / 1_000}, to look ${LEAST_MOMENTS} times, every ${everyMs / 1_000} s`,
    );
  }
  const load = `${hosts} hosts, ${series} series every ${intervalMs} ms, ${instants} instants a frame, ${options.store}`;
  say(`${load}: ${aSecond.toFixed(0)} samples/s for ${seconds} s, looked at every ${everyMs / 1_000} s`);
  const system = await System.start(options.store);
  const running = await system.simulate(options, options.store === 'sink' ? null : VERIFY_HOSTS);
  const { simulator, ended } = running;
  try {
    await Promise.race([ended, warmUp(system, simulator, options)]);
    const before = await system.snapshot(simulator, false);
    const moments = await Promise.race([ended, watch(system, simulator, seconds, everyMs)]);
    const after = await system.snapshot(simulator, false);
    const { drainSeconds, report } = await settle(system, running);
    const balance = await accounts(system, report);
    const trends = trendFigures(moments, aSecond);
    const rate = (after.samples.store - before.samples.store) / ((after.at - before.at) / 1_000);
    return {
      results: [
        { name: 'samples, sent to stored', value: rate, unit: 'samples/s', note: `${load}; for ${seconds} s` },
        ...trends.results,
        { name: 'until nothing waited any more, after the load', value: drainSeconds, unit: 's' },
        ...balanceFigures(balance),
      ],
      wrong: [...trends.wrong, ...balance.wrong, ...report.wrong],
      series: moments,
    };
  } finally {
    await running.close();
    await system.close();
  }
}

async function accounts(system: System, report: Parameters<typeof balanceOf>[0]): Promise<Balance> {
  const { coreUrl, relayUrl } = system.fleet;
  const relay = JSON.parse(await pageOf(new URL('/ledger.json', relayUrl))) as Ledger;
  const { tiers } = JSON.parse(await pageOf(new URL('/api/v1/ledger', coreUrl))) as { tiers: Ledger[] };
  const core = tiers.find(({ tier }) => tier === 'core')!;
  const doors = figureOf(await system.corePage(), 'heliograph_core_door_accepted_total', 'kind="metric"');
  return balanceOf(report, relay, core, doors);
}
