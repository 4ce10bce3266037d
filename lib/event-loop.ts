import type { Registry } from './metrics.ts';

/** How often the loop is asked for a turn, ms: an eighth of a percent of a processor, and half of the turn that is too long (20 ms). */
export const RESOLUTION_MS = 10;
/** A figure is of this time at most before it was asked for, and of half of it at least, once the process runs so long. */
const WINDOW_MS = 120_000;
const NS = 1e9;

/** What `perf_hooks.monitorEventLoopDelay` gives; ns between two turns that were asked for. */
export interface LoopMonitor {
  readonly count: number;
  readonly max: number;
  enable(): unknown;
  disable(): unknown;
  reset(): void;
  percentile(share: number): number;
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const NONE: Figures = { p50: 0, p99: 0, max: 0 };

/**
 * How late the event loop of this thread comes to what is due, s: as long as its longest turns, less the resolution. Of the last one to two minutes,
 * so that a long turn of the start does not stand there for ever. What a busy machine takes away from the process is in it as well. Measured by the
 * runtime itself, so it costs next to nothing.
 */
export class LoopLateness {
  readonly #monitor: LoopMonitor;
  readonly #resolution: number;
  readonly #timer: NodeJS.Timeout;
  #before = NONE;

  /** @param resolutionMs that of the monitor */
  constructor(monitor: LoopMonitor, resolutionMs: number) {
    this.#monitor = monitor;
    this.#resolution = resolutionMs / 1_000;
    monitor.enable();
    this.#timer = setInterval(() => this.turn(), WINDOW_MS / 2);
    this.#timer.unref();
  }

  /** Of the minute that runs and the one before it, the worse. */
  worse(name: keyof Figures): number {
    return Math.max(this.#before[name], this.#now()[name]);
  }

  /** A new minute begins. */
  turn(): void {
    this.#before = this.#now();
    this.#monitor.reset();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#monitor.disable();
  }

  #now(): Figures {
    const monitor = this.#monitor;
    if (monitor.count === 0) return NONE;
    const late = (ns: number) => Math.max(0, ns / NS - this.#resolution);
    return { p50: late(monitor.percentile(50)), p99: late(monitor.percentile(99)), max: late(monitor.max) };
  }
}

/**
 * Publishes how late the event loop of this thread is.
 * @param prefix of the names: `heliograph_core_`
 * @param monitor of RESOLUTION_MS
 * @returns how to stop it
 */
export function watchEventLoop(registry: Registry, prefix: string, monitor: LoopMonitor): () => void {
  const late = new LoopLateness(monitor, RESOLUTION_MS);
  registry
    .gauge(
      `${prefix}event_loop_delay_seconds`,
      'How late the event loop comes to what is due, of the last one to two minutes only: what was before is forgotten; label `quantile`',
    )
    .collect(() => [
      [{ quantile: '0.5' }, late.worse('p50')],
      [{ quantile: '0.99' }, late.worse('p99')],
    ]);
  registry
    .gauge(
      `${prefix}event_loop_delay_max_seconds`,
      'The longest delay of the event loop in the last one to two minutes only: what was before is forgotten',
    )
    .collect(() => [[{}, late.worse('max')]]);
  return () => late.close();
}
