/** What a run has done so far, over all its hosts. */
export interface RunStats {
  connected: number;
  reconnects: number;
  samplesSent: number;
  samplesAcknowledged: number;
  linesSent: number;
  linesAcknowledged: number;
  framesRefused: number;
  queuedFrames: number;
  /** Milliseconds from publish to acknowledgement; a ring of the newest ones. */
  readonly latencies: Float64Array;
  latencyCount: number;
  readonly errors: Map<string, number>;
}

export function emptyStats(): RunStats {
  return {
    connected: 0,
    reconnects: 0,
    samplesSent: 0,
    samplesAcknowledged: 0,
    linesSent: 0,
    linesAcknowledged: 0,
    framesRefused: 0,
    queuedFrames: 0,
    latencies: new Float64Array(8192),
    latencyCount: 0,
    errors: new Map(),
  };
}

export function noteLatency(stats: RunStats, ms: number): void {
  stats.latencies[stats.latencyCount++ % stats.latencies.length] = ms;
}

export function noteError(stats: RunStats, what: string): void {
  stats.errors.set(what, (stats.errors.get(what) ?? 0) + 1);
}

/** Quantiles of the newest acknowledgement times, in ms. */
export function latencyQuantiles(stats: RunStats, quantiles: readonly number[]): number[] {
  const seen = stats.latencies.slice(0, Math.min(stats.latencyCount, stats.latencies.length)).sort();
  return quantiles.map((quantile) => seen[Math.min(seen.length - 1, Math.floor(quantile * seen.length))] ?? 0);
}
