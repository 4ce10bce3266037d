import { setTimeout as wait } from 'node:timers/promises';
import { prepareCertificates } from '../../simulator/certificates.ts';
import { USUAL_MIX } from '../../simulator/kinds.ts';
import { NAMES } from '../../simulator/names.ts';
import { calmPhase } from '../../simulator/phase.ts';
import type { Snapshot } from '../../simulator/stats.ts';
import { processWorker, type Worker } from '../../simulator/workers.ts';

/** What the hosts of one process send, and where. */
export interface FleetLoad {
  readonly hosts: number;
  readonly series: number;
  readonly intervalMs: number;
  readonly instants: number;
  readonly linesPerSecond: number;
  readonly port: number;
  /** The authority's folder. */
  readonly authority: string;
}

const CONNECT_MS = 120_000;
const CONNECTED_A_SECOND = 400;
/** From when all are connected until it is counted: code is compiled, and each host has sent something. */
const WARM_MS = 5000;

/** A process of simulated hosts, all connected and warm. Kill it afterwards. */
export async function startFleet(load: FleetLoad): Promise<Worker> {
  const { hosts, series, intervalMs, instants, linesPerSecond, port, authority } = load;
  const folder = { authority, names: NAMES };
  await prepareCertificates(folder, hosts, Date.now(), () => undefined);
  const worker = processWorker({
    ...{ first: 0, count: hosts, hosts, ...folder, instants, series, mix: USUAL_MIX, version: 'bench' },
    relays: [{ host: '127.0.0.1', port, weight: 1, tier: 1 }],
    schedule: { seed: 1, startedAt: Date.now(), intervalMs, skewed: 0 },
    rampMs: (hosts / CONNECTED_A_SECOND) * 1000,
  });
  try {
    await worker.start();
    const until = performance.now() + CONNECT_MS;
    while (worker.snapshot().connected < hosts) {
      if (performance.now() > until)
        throw new Error(`${worker.snapshot().connected} of ${hosts} hosts connected in ${CONNECT_MS} ms`);
      await wait(100);
    }
    await worker.phase(calmPhase(0, linesPerSecond));
    await wait(WARM_MS);
    return worker;
  } catch (error) {
    worker.kill();
    throw error;
  }
}

/** What a fleet did within a stretch of time. */
export interface Done {
  readonly seconds: number;
  /** s of its process, user and system. */
  readonly cpu: number;
  readonly samples: number;
  readonly lines: number;
  readonly acknowledgedLines: number;
  readonly bytes: number;
  /** Resident at the end, bytes. */
  readonly memory: number;
}

export async function watchFleet(worker: Worker, seconds: number): Promise<Done> {
  const before = worker.snapshot();
  const began = performance.now();
  await wait(seconds * 1000);
  const after = worker.snapshot();
  const grown = (of: keyof Snapshot) => (after[of] as number) - (before[of] as number);
  return {
    seconds: (performance.now() - began) / 1000,
    cpu: grown('cpuMs') / 1000,
    samples: grown('samplesSent'),
    lines: grown('linesSent'),
    acknowledgedLines: grown('linesAcknowledged'),
    bytes: grown('bytesSent'),
    memory: after.rssBytes,
  };
}
