import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from '../lib/metrics.ts';

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>;

/** How often the event loop is felt, ms: a turn is seen to the length of one such step. */
const STEP_MS = 5;
/** What is shown is of so long a stretch, or of two, ms: a scrape every minute misses nothing. */
const STRETCH_MS = 60_000;
const NANOSECONDS = 1e9;

/**
 * How late the turns of the event loop are: everything that connected hosts wait for passes through it. What a busy
 * machine takes away from the process is in it as well. Measured by the runtime itself, so it costs next to nothing.
 */
export class LoopDelay {
  #now: IntervalHistogram = felt();
  #before: IntervalHistogram | null = null;
  readonly #timer: NodeJS.Timeout;

  constructor(metrics: Registry) {
    metrics
      .gauge(
        'heliograph_relay_event_loop_delay_max_seconds',
        'The latest turn of the event loop in the last one or two minutes.',
      )
      .collect(() => [[{}, this.seconds(({ max }) => max)]]);
    metrics
      .gauge(
        'heliograph_relay_event_loop_delay_p99_seconds',
        'What 99 of 100 turns of the event loop were not later than, in the worse of the last two minutes.',
      )
      .collect(() => [[{}, this.seconds((histogram) => histogram.percentile(99))]]);
    this.#timer = setInterval(() => this.turn(), STRETCH_MS);
  }

  /** A new stretch begins. */
  turn(): void {
    this.#before?.disable();
    // Its figures stay; it is not felt any more.
    this.#now.disable();
    this.#before = this.#now;
    this.#now = felt();
  }

  /** The worse of the two stretches, without the step itself. */
  seconds(of: (histogram: IntervalHistogram) => number): number {
    let worst = 0;
    for (const histogram of [this.#now, this.#before]) {
      if (histogram && histogram.count > 0) worst = Math.max(worst, of(histogram) / NANOSECONDS - STEP_MS / 1000);
    }
    return worst;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#now.disable();
    this.#before?.disable();
  }
}

function felt(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: STEP_MS });
  histogram.enable();
  return histogram;
}
