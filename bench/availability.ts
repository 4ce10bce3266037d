import { setTimeout as wait } from 'node:timers/promises';
import { startEngines } from '../test/support/all-engines.ts';
import { simulateQuietly } from '../test/support/quiet-simulation.ts';
import { createSplitCore } from '../test/support/split-core.ts';
import { type Probed, probeLine, probeSample } from './engines/probe.ts';
import type { BenchResult } from './result.ts';

const MINUTES = Number(process.env.HELIOGRAPH_BENCH_MINUTES ?? 10);
const EVERY_MS = 1_000;
/** What is there within this was available. */
const SAMPLE_MS = 5_000;
const LINE_MS = 10_000;
/** Between one process coming back and the next being killed. */
const REST_MS = 20_000;
const AWAY_MS = 5_000;

/**
 * A split core on the real engines, two of everything that carries data: gateways, indexers and relays are killed with -9 one after the other
 * under load, and come back after 5 s. Every second a sample and a line are pushed at a gateway that lives, and looked for at the console.
 */
export async function run(): Promise<BenchResult[]> {
  const engines = await startEngines();
  const core = await createSplitCore(engines.config);
  const stop = new AbortController();
  try {
    await core.start();
    const simulation = simulateQuietly({
      hosts: 50,
      relay: core.relays[0]!.address,
      intervalMs: 10_000,
      logsPerSecond: 500,
      authority: core.authority.directory,
      verify: null,
      seed: 1,
      signal: stop.signal,
      drainMs: 1_000,
    });
    await wait(30_000);
    const samples: Promise<Probed>[] = [];
    const lines: Promise<Probed>[] = [];
    const until = performance.now() + MINUTES * 60_000;
    let kills = 0;
    const killing = (async () => {
      const victims = [...core.gateways, ...core.indexers, ...core.relays].map(({ process }) => process);
      while (performance.now() < until - AWAY_MS) {
        const victim = victims[kills++ % victims.length]!;
        await victim.kill();
        await wait(AWAY_MS);
        await victim.start();
        await wait(REST_MS);
      }
    })();
    for (let n = 1; performance.now() < until; n++) {
      // As a client with both addresses would: the other one when one is away.
      const [first, second] = n % 2 === 0 ? core.gateways : core.gateways.toReversed();
      const sample = (gateway: typeof first) =>
        probeSample(gateway!.http, core.console.http, 'bench_probe', n, SAMPLE_MS);
      const line = (gateway: typeof first) => probeLine(gateway!.http, core.console.http, `probe${n}`, LINE_MS);
      samples.push(orElse(sample, first, second));
      lines.push(orElse(line, first, second));
      await wait(EVERY_MS);
    }
    await killing;
    const found = async (probes: Promise<Probed>[]) =>
      ((await Promise.all(probes)).filter(({ ms }) => ms !== null).length / probes.length) * 100;
    const result: BenchResult[] = [
      {
        name: 'a new sample was queryable within 5 s',
        value: await found(samples),
        unit: '% of the seconds',
        note: `${kills} kills of gateways, indexers and relays in ${MINUTES} minutes; the requirement is 99.9`,
      },
      {
        name: 'a new line was searchable within 10 s',
        value: await found(lines),
        unit: '% of the seconds',
        note: `${lines.length} probes each`,
      },
    ];
    stop.abort();
    await simulation;
    return result;
  } finally {
    stop.abort();
    await core.close();
    await engines.stop();
  }
}

/** The second gateway where the first does not take it. */
async function orElse<T>(probe: (gateway: T) => Promise<Probed>, first: T, second: T): Promise<Probed> {
  const found = await probe(first);
  return found.ms === null ? probe(second) : found;
}
