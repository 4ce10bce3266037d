import { setTimeout as wait } from 'node:timers/promises';
import type { RunReport } from '../../simulator/report.ts';
import { type Probed, probeEngine, probeSample } from '../engines/probe.ts';
import { hostFreshness } from './host-freshness.ts';
import type { EndToEndOptions } from './options.ts';
import { progressLine as say } from './progress-line.ts';
import { settle } from './settle.ts';
import type { Snapshot } from './snapshot.ts';
import { System } from './system.ts';
import { type WarmUp, warmUp } from './warm-up.ts';

const PROBE_EVERY_MS = 1_000;
const PROBE_WARM_MS = 5_000;
export const PROBE_LIMIT_MS = 15_000;
/** Values of so many hosts are compared where that is asked for; of the others samples are counted. */
const VERIFY_HOSTS = 500;

export interface OneRun {
  readonly options: EndToEndOptions;
  /** Connecting, registering series and compiling code: before it is counted. */
  readonly warmUp: WarmUp;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly report: RunReport;
  /** From the end of the load until nothing waited anywhere, s. */
  readonly drainSeconds: number;
  readonly probes: Probes;
}

/** How long it takes until queries have it: of simulated hosts; pushed at a door of the core; pushed at the store itself. */
interface Probes {
  readonly hosts: readonly Probed[];
  readonly door: readonly Probed[];
  readonly floor: readonly Probed[];
}

const NO_PROBES: Probes = { hosts: [], door: [], floor: [] };

/** Simulator, relay, core and store, a process each, on ephemeral ports; counted over the same stretch of time, while all of it runs. */
export async function oneRun(options: EndToEndOptions): Promise<OneRun> {
  // Three frames of each host at least.
  const periodMs = options.instants * options.intervalMs;
  const countedMs = Math.max(options.seconds * 1_000, 3 * periodMs);
  const system = await System.start(options.store);
  const running = await system.simulate(options, options.verify ? VERIFY_HOSTS : null);
  const { simulator, ended } = running;
  const prober = new AbortController();
  try {
    const warmedUp = await Promise.race([ended, warmUp(system, simulator, options)]);
    const { coreUrl } = system.fleet;
    const probing =
      options.store === 'sink' ? null : probe(coreUrl, system.store.url, options.hosts, periodMs, prober.signal);
    // What fails there is heard of below.
    probing?.catch(() => undefined);
    // The first queries start threads and compile code.
    await Promise.race([ended, wait(PROBE_WARM_MS)]);
    const before = await system.snapshot(simulator);
    say(`counting for ${countedMs / 1_000} s`);
    await Promise.race([ended, wait(countedMs)]);
    const after = await system.snapshot(simulator);
    for (const [hop, count] of Object.entries(after.samples)) {
      if (count > before.samples[hop as keyof Snapshot['samples']]) continue;
      throw new Error(`no sample came to the ${hop} in ${countedMs} ms: the machine is full, or SECONDS too short`);
    }
    prober.abort();
    const probes = countedFrom(before.at, (await probing) ?? NO_PROBES);
    const { drainSeconds, report } = await settle(system, running);
    return { options, warmUp: warmedUp, before, after, report, drainSeconds, probes };
  } finally {
    prober.abort();
    await running.close();
    await system.close();
  }
}

function countedFrom(at: number, { hosts, door, floor }: Probes): Probes {
  const since = (probes: readonly Probed[]) => probes.filter((probe) => probe.at >= at || probe.ms === null);
  return { hosts: since(hosts), door: since(door), floor: since(floor) };
}

/** Until told to stop: samples of hosts as they come; a sample at the core's door and, at the same moment, one at the store itself. */
async function probe(
  core: URL,
  engine: string | null,
  hosts: number,
  periodMs: number,
  signal: AbortSignal,
): Promise<Probes> {
  const found = { door: [] as Promise<Probed>[], floor: [] as Promise<Probed>[] };
  const ofHosts = hostFreshness(core, hosts, periodMs, PROBE_LIMIT_MS, signal);
  ofHosts.catch(() => undefined);
  // A name that was asked for before it was there is not seen for some seconds: VictoriaMetrics remembers that it is unknown.
  let number = 1;
  await Promise.all([
    probeSample(core, core, 'bench_probe', 0, 5_000),
    engine === null ? null : probeEngine(engine, 'bench_floor', 0, 5_000),
  ]);
  while (!signal.aborted) {
    found.door.push(probeSample(core, core, 'bench_probe', number, PROBE_LIMIT_MS));
    if (engine !== null) found.floor.push(probeEngine(engine, 'bench_floor', number, PROBE_LIMIT_MS));
    number++;
    await wait(PROBE_EVERY_MS);
  }
  return { hosts: await ofHosts, door: await Promise.all(found.door), floor: await Promise.all(found.floor) };
}
