import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LoopLateness } from '../lib/event-loop.ts';
import type { Registry } from '../lib/metrics.ts';

/** How often the event loop is felt, ms: a turn is seen to the length of one such step. */
const STEP_MS = 5;

/** How late the turns of the relay's event loop are: everything that connected hosts wait for passes through it. */
export class LoopDelay {
  readonly #late = new LoopLateness(monitorEventLoopDelay({ resolution: STEP_MS }), STEP_MS);

  constructor(metrics: Registry) {
    metrics
      .gauge(
        'heliograph_relay_event_loop_delay_max_seconds',
        'How late the latest turn of the event loop was, of the last one to two minutes only: what was before is forgotten.',
      )
      .collect(() => [[{}, this.#late.worse('max')]]);
    metrics
      .gauge(
        'heliograph_relay_event_loop_delay_p99_seconds',
        'What 99 of 100 turns of the event loop were not later than, of the last one to two minutes only: the minute that runs or the one before it, whichever is worse.',
      )
      .collect(() => [[{}, this.#late.worse('p99')]]);
  }

  /** A new stretch begins. */
  turn(): void {
    this.#late.turn();
  }

  close(): void {
    this.#late.close();
  }
}
