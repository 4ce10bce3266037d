import { setTimeout as wait } from 'node:timers/promises';
import { startEngines } from '../test/support/all-engines.ts';
import { createFleet } from '../test/support/fleet.ts';
import { simulateQuietly } from '../test/support/quiet-simulation.ts';
import { type Probed, probeEngine, probeLine, probeSample, quantile } from './engines/probe.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
const LINES = 2_000;
const WARM_MS = 45_000;
const STEADY_MS = 60_000;
const OUTAGE_MS = Number(process.env.HELIOGRAPH_BENCH_OUTAGE_S ?? 120) * 1_000;
/** A sample or line that takes longer is not found. */
const LIMIT_MS = 15_000;

/**
 * The whole product on the real engines under load, all on one machine: 200 hosts every 10 s and 2,000 lines/s. First how fresh it is, by
 * samples and lines pushed and looked for, beside VictoriaMetrics' own floor; then OpenSearch is killed for two minutes.
 */
export async function run(): Promise<BenchResult[]> {
  const engines = await startEngines();
  const fleet = await createFleet({ collectors: 0, core: engines.config });
  const stop = new AbortController();
  try {
    await fleet.core.start();
    await fleet.relay.start();
    const simulation = simulateQuietly({
      hosts: HOSTS,
      relay: fleet.relayAddress,
      intervalMs: 10_000,
      logsPerSecond: LINES,
      authority: fleet.authority.directory,
      verify: null,
      seed: 1,
      signal: stop.signal,
      drainMs: 60_000,
    });
    await wait(WARM_MS);
    const core = fleet.coreUrl;
    // OpenSearch is slow until its code is compiled.
    for (const until = performance.now() + WARM_MS * 4; (await lag(core)) > LINES / 10 && performance.now() < until; )
      await wait(500);
    const engine = engines.metrics.values.VICTORIA_METRICS_URL!;
    const steady = { samples: [] as Probed[], floor: [] as Probed[], lines: [] as Probed[] };
    let number = 1;
    // A name that was asked for before it was there is not seen for some seconds: VictoriaMetrics remembers that it is unknown.
    for (const name of [1, 2])
      await Promise.all([
        probeSample(core, core, 'bench_probe', 0, name * 10_000),
        probeEngine(engine, 'bench_floor', 0, LIMIT_MS),
      ]);
    for (const until = performance.now() + STEADY_MS; performance.now() < until; number++) {
      const [sample, floor, line] = await Promise.all([
        probeSample(core, core, 'bench_probe', number, LIMIT_MS),
        probeEngine(engine, 'bench_floor', number, LIMIT_MS),
        probeLine(core, core, `steady${number}`, LIMIT_MS),
      ]);
      steady.samples.push(sample);
      steady.floor.push(floor);
      steady.lines.push(line);
    }
    const fresh = (await (await fetch(new URL('/api/v1/freshness', core))).json()) as Record<string, { p99: number }>;

    await engines.logs.kill();
    const outage: Probed[] = [];
    const began = performance.now();
    while (performance.now() < began + OUTAGE_MS) {
      outage.push(await probeSample(core, core, 'bench_probe', number++, LIMIT_MS));
    }
    await engines.logs.restart();
    const back = performance.now();
    const backlog = await lag(core);
    while ((await lag(core)) > LINES / 10) await wait(200);
    const caughtUp = performance.now();
    const after = await probeLine(core, core, `after${number}`, 60_000);
    stop.abort();
    await simulation;

    const seconds = (ms: number) => ms / 1_000;
    const floor99 = seconds(quantile(steady.floor, 0.99, LIMIT_MS));
    const sample99 = seconds(quantile(steady.samples, 0.99, LIMIT_MS));
    return [
      {
        name: 'pushed to queryable p99',
        value: sample99,
        unit: 's',
        target: floor99 + 0.5,
        note: `p50 ${seconds(quantile(steady.samples, 0.5, LIMIT_MS)).toFixed(2)}; ${steady.samples.length} probes; target: VictoriaMetrics' own p99 in the same run and 0.5 s`,
      },
      {
        name: "VictoriaMetrics' own floor p99",
        value: floor99,
        unit: 's',
        note: `p50 ${seconds(quantile(steady.floor, 0.5, LIMIT_MS)).toFixed(2)}`,
      },
      {
        name: 'sent to queryable p99, as the core counts it',
        value: fresh.sentToQueryable!.p99,
        unit: 's',
        note: 'from the collector on; the second until VictoriaMetrics shows it included',
      },
      {
        name: 'pushed to searchable p99',
        value: seconds(quantile(steady.lines, 0.99, LIMIT_MS)),
        unit: 's',
        target: 5,
        note: `p50 ${seconds(quantile(steady.lines, 0.5, LIMIT_MS)).toFixed(2)}; ${LINES} lines/s beside it`,
      },
      {
        name: 'pushed to queryable p99 while OpenSearch is dead',
        value: seconds(quantile(outage, 0.99, LIMIT_MS)),
        unit: 's',
        target: sample99 * 1.5,
        note: `${outage.filter(({ ms }) => ms === null).length} of ${outage.length} not found`,
      },
      {
        name: 'catch-up, as a share of the outage',
        value: (caughtUp - back) / (back - began),
        unit: 'of the outage',
        note: `${seconds(back - began).toFixed(0)} s without it, ${backlog} frames waited, ${seconds(caughtUp - back).toFixed(0)} s to index them beside the live stream; then a new line was found after ${after.ms === null ? 'more than 60' : seconds(after.ms).toFixed(1)} s`,
      },
    ];
  } finally {
    stop.abort();
    await fleet.close();
    await engines.stop();
  }
}

/** Frames on the bus that are not indexed. */
async function lag(core: URL): Promise<number> {
  const page = await (await fetch(new URL('/metrics', core))).text();
  return [...page.matchAll(/^heliograph_core_bus_lag_records\{[^}]*\} (\S+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}
