import { setTimeout as wait } from 'node:timers/promises';
import type { RunReport } from '../../simulator/report.ts';
import { createFleet } from '../../test/support/fleet.ts';
import { floorBeside, Looks, probeBeside } from '../engines/looks.ts';
import type { Probed } from '../engines/probe.ts';
import type { EndToEndOptions } from './options.ts';
import { startSimulator } from './simulator.ts';
import { figureOf, pageOf, type Snapshot, snapshot } from './snapshot.ts';
import { startStore } from './store.ts';
import { bytesReceivedAt } from './wire-bytes.ts';

/** From when all hosts are there until it is counted: code is compiled, and VictoriaMetrics has seen all series. */
const WARM_MS = 10_000;
const CONNECT_MS = 120_000;
const PROBE_EVERY_MS = 1_000;
export const PROBE_LIMIT_MS = 15_000;
/** As large as blocks of several instants come, so that these are not cut apart again. */
const REQUEST_SAMPLES = 500_000;

export interface OneRun {
  readonly options: EndToEndOptions;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly report: RunReport;
  /** Pushed at a door of the core until queries have it, and the same at the store itself. */
  readonly probes: { readonly core: readonly Probed[]; readonly floor: readonly Probed[] };
}

/** Simulator, relay, core and store, a process each, on ephemeral ports; counted over the same stretch of time, while all of it runs. */
export async function oneRun(options: EndToEndOptions): Promise<OneRun> {
  // Three frames of each host at least.
  const countedMs = Math.max(options.seconds * 1_000, 3 * options.instants * options.intervalMs);
  const store = await startStore(options.store, REQUEST_SAMPLES);
  const fleet = await createFleet({ collectors: 0, core: store.config });
  let stop = () => undefined as unknown;
  try {
    await fleet.core.start();
    await fleet.relay.start();
    const simulator = startSimulator(options, {
      relay: `${fleet.relayAddress.host}:${fleet.relayAddress.port}`,
      ca: fleet.authority.directory,
      // It is stopped when all is counted, but where it is to say whether all of it came.
      durationMs: CONNECT_MS + WARM_MS + countedMs,
      verify: options.verify ? fleet.coreUrl : null,
    });
    stop = simulator.stop;
    const ended = simulator.report.then(() => {
      throw new Error('the simulator ended before all was counted');
    });
    ended.catch(() => undefined);
    await Promise.race([ended, allConnected(fleet.relayUrl, options.hosts)]);
    const prober = new AbortController();
    const probing = options.store === 'sink' ? null : probe(fleet.coreUrl, store.url, prober.signal);
    await Promise.race([ended, wait(WARM_MS)]);
    const watched = {
      pids: {
        simulator: simulator.pid,
        relay: fleet.relay.pid!,
        core: fleet.core.pid!,
        ...(store.pid === null ? {} : { [options.store === 'sink' ? 'sink' : 'VictoriaMetrics']: store.pid }),
      },
      relay: fleet.relayUrl,
      core: fleet.coreUrl,
      store: store.url,
      wire: () => ({ relay: bytesReceivedAt(fleet.relayAddress.port), core: bytesReceivedAt(fleet.corePort) }),
    };
    const before = await snapshot(watched);
    await Promise.race([ended, wait(countedMs)]);
    const after = await snapshot(watched);
    for (const [hop, count] of Object.entries(after.samples)) {
      if (count > before.samples[hop as keyof Snapshot['samples']]) continue;
      throw new Error(`no sample came to the ${hop} in ${countedMs} ms: the machine is full, or SECONDS too short`);
    }
    prober.abort();
    const probes = (await probing) ?? { core: [], floor: [] };
    if (!options.verify) simulator.stop();
    return { options, before, after, report: await simulator.report, probes };
  } finally {
    stop();
    await fleet.close();
    await store.stop();
  }
}

async function allConnected(relay: URL, hosts: number): Promise<void> {
  const until = performance.now() + CONNECT_MS;
  for (;;) {
    const connected = figureOf(await pageOf(new URL('/metrics', relay)), 'heliograph_relay_connections');
    if (connected >= hosts) return;
    if (performance.now() > until) throw new Error(`${connected} of ${hosts} hosts connected in ${CONNECT_MS} ms`);
    await wait(200);
  }
}

/** Until told to stop: a sample at the core's door and, at the same moment, one at the store itself. */
async function probe(core: URL, engine: string | null, signal: AbortSignal): Promise<OneRun['probes']> {
  const found = { core: [] as Promise<Probed>[], floor: [] as Promise<Probed>[] };
  // The store itself is asked where there is one: the core would only hand the question on, and pay for it.
  const ours = new Looks(engine ?? core, 'bench_probe');
  const floor = engine === null ? null : new Looks(engine, 'bench_floor');
  // A name that was asked for before it was there is not seen for some seconds: VictoriaMetrics remembers that it is unknown.
  let number = 1;
  await Promise.all([
    probeBeside(ours, core, 'bench_probe', 0, 5_000),
    floor && floorBeside(floor, engine!, 'bench_floor', 0, 5_000),
  ]);
  while (!signal.aborted) {
    found.core.push(probeBeside(ours, core, 'bench_probe', number, PROBE_LIMIT_MS));
    if (floor !== null) found.floor.push(floorBeside(floor, engine!, 'bench_floor', number, PROBE_LIMIT_MS));
    number++;
    await wait(PROBE_EVERY_MS);
  }
  return { core: await Promise.all(found.core), floor: await Promise.all(found.floor) };
}
