import type { Ledger } from '../../lib/ledger.ts';
import type { RunReport } from '../../simulator/report.ts';
import { probeSample } from '../engines/probe.ts';
import { type Backlog, drain } from './drain.ts';
import { progressLine as say } from './progress-line.ts';
import { figureOf, pageOf } from './snapshot.ts';
import type { Running, System } from './system.ts';

/** What is durable is shown to queries within this: VictoriaMetrics' flush, and a machine that is full. */
const SHOWN_MS = 60_000;

/**
 * Ends the load, waits until nothing waits anywhere and queries have what is in the store, and only then lets the simulator compare.
 * @throws Error that says what waits where, when nothing got less for a minute
 */
export async function settle(
  system: System,
  running: Running,
): Promise<{ readonly drainSeconds: number; readonly report: RunReport }> {
  running.simulator.stop();
  const drainSeconds = await drain(() => backlogOf(system, running), say);
  say(`nothing waits any more after ${drainSeconds.toFixed(1)} s`);
  // Behind everything else: when queries have it, they have what came before it.
  const { coreUrl } = system.fleet;
  if (system.store.name !== 'sink') await probeSample(coreUrl, coreUrl, 'bench_last', 1, SHOWN_MS);
  running.verifyNow();
  return { drainSeconds, report: await running.simulator.report };
}

async function backlogOf({ fleet }: System, running: Running): Promise<Backlog> {
  const over = running.drained();
  const [ledger, core] = await Promise.all([
    pageOf(new URL('/ledger.json', fleet.relayUrl)),
    pageOf(new URL('/metrics', fleet.coreUrl)),
  ]);
  const { entries } = JSON.parse(ledger) as Ledger;
  return {
    outboxes: over ? 0 : (running.simulator.progress()?.queuedFrames ?? 0),
    relay: entries.reduce((sum, { queued }) => sum + queued.frames, 0),
    bus: figureOf(core, 'heliograph_core_bus_lag_records'),
    over,
  };
}
