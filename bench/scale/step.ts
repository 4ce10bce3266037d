import { setTimeout as wait } from 'node:timers/promises';
import type { EndToEndOptions } from '../end-to-end/options.ts';
import type { Snapshot } from '../end-to-end/snapshot.ts';
import { System } from '../end-to-end/system.ts';
import { warmUp } from '../end-to-end/warm-up.ts';
import type { QueuedAt } from './verdict.ts';

/** So long for connecting's backlog to go away; a system that needs longer has no room for the load. */
export const WARM_AT_MOST_MS = 40_000;
const LOOK_MS = 1_000;

/** One load for a short while, with a system of its own. */
export interface Step {
  readonly options: EndToEndOptions;
  /** Samples a second: what hosts should send, what they sent, what came to the store. */
  readonly asked: number;
  readonly sent: number;
  readonly stored: number;
  /** Until what piled up while they connected was in the store, s; null where it did not get there. */
  readonly currentAfter: number | null;
  /** Samples in the hosts' outboxes, in the relay and in the core, over time; those that the store has and has not made durable are not in it. */
  readonly queued: readonly QueuedAt[];
  /** As the core counts it, p99, s; NaN where nothing came. */
  readonly freshSeconds: number;
  readonly before: Snapshot;
  readonly after: Snapshot;
}

export async function oneStep(options: EndToEndOptions): Promise<Step> {
  const { hosts, series, intervalMs, instants, seconds } = options;
  const system = await System.start(options.store);
  const running = await system.simulate(options, null);
  try {
    const warmed = await Promise.race([running.ended, warmUp(system, running.simulator, options, WARM_AT_MOST_MS)]);
    const outboxes = () => (running.simulator.progress()?.queuedFrames ?? 0) * series * instants;
    const before = await system.snapshot(running.simulator, false);
    const unsentBefore = outboxes();
    const until = before.at + Math.max(seconds * 1_000, 3 * instants * intervalMs);
    const queued: QueuedAt[] = [[0, before.waiting + unsentBefore]];
    let after = before;
    while (performance.now() < until) {
      await Promise.race([running.ended, wait(LOOK_MS)]);
      after = await system.snapshot(running.simulator, false);
      queued.push([(after.at - before.at) / 1_000, after.waiting + outboxes()]);
    }
    const lasted = (after.at - before.at) / 1_000;
    return {
      options,
      asked: (hosts * series * 1_000) / intervalMs,
      sent: (after.samples.relay - before.samples.relay + outboxes() - unsentBefore) / lasted,
      stored: (after.samples.store - before.samples.store) / lasted,
      currentAfter: warmed.currentAfter,
      queued,
      freshSeconds: after.freshness.sent.since(before.freshness.sent).quantile(0.99),
      before,
      after,
    };
  } finally {
    await running.close();
    await system.close();
  }
}
