import { setTimeout as wait } from 'node:timers/promises';
import type { EndToEndOptions } from './options.ts';
import { progressLine as say } from './progress-line.ts';
import type { Simulator } from './simulator.ts';
import type { Snapshot } from './snapshot.ts';
import type { System } from './system.ts';

/** At least so long from when all hosts are there: code is compiled, and VictoriaMetrics has seen all series. */
const WARM_MS = 10_000;
const AT_MOST_MS = 120_000;
const LOOK_MS = 500;
/** The relay keeps what the core has not acknowledged, which is when it is durable: an engine says so some seconds later. Samples of so long may wait. */
const EMBEDDED_S = 1;
const ENGINE_S = 20;

/** Connecting and registering series. */
export interface WarmUp {
  /** Until all hosts were connected, s. */
  readonly connectedAfter: number;
  /** From then until what piled up meanwhile was in the store, s; null where it was not within the time. */
  readonly currentAfter: number | null;
  readonly from: Snapshot;
  readonly to: Snapshot;
}

/** Until all hosts are connected, every series was sent once, and the relay has no more to forward than is on its way at any moment. */
export async function warmUp(
  system: System,
  simulator: Simulator,
  options: EndToEndOptions,
  atMostMs: number = AT_MOST_MS,
): Promise<WarmUp> {
  const { hosts, series, intervalMs, instants, store } = options;
  const from = await system.snapshot(simulator, false);
  const began = performance.now();
  await system.allConnected(hosts);
  const connected = performance.now();
  say(`${hosts} hosts connected after ${((connected - began) / 1_000).toFixed(1)} s; series are registered`);
  const usual = hosts * series * (((store === 'embedded' ? EMBEDDED_S : ENGINE_S) * 1_000) / intervalMs + instants);
  const firstFramesMs = Math.max(WARM_MS, 2 * instants * intervalMs);
  let currentAfter: number | null = null;
  for (;;) {
    await wait(LOOK_MS);
    const now = await system.snapshot(simulator, false);
    const waitedMs = performance.now() - connected;
    if (now.queued > usual) currentAfter = null;
    else if (now.samples.store > 0) currentAfter ??= waitedMs / 1_000;
    const current = currentAfter !== null && waitedMs >= firstFramesMs;
    if (!current && waitedMs < atMostMs) continue;
    if (!current)
      say(`${now.queued} samples wait in the relay after ${atMostMs / 1_000} s: it is counted all the same`);
    return { connectedAfter: (connected - began) / 1_000, currentAfter, from, to: now };
  }
}
