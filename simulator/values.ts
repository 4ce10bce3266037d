import type { Recording } from './recording.ts';

/**
 * What a simulated host shows at each step: the recording, started elsewhere for each host and repeated without end.
 * Counters go on rising over the seam (a lap's growth is added), and differ from host to host by a whole number.
 * The values of (host, step) never change, so a verifier can ask again what was sent.
 */
export class SimulatedValues {
  readonly series: Recording['series'];
  readonly #recording: Recording;
  readonly #stepRows: number;
  /** Growth of each counter over one lap of the recording; 0 for gauges. */
  readonly #lap: Float64Array;
  readonly #isCounter: Uint8Array;

  /** @param intervalMs the recording has a row a second; a step skips as many rows as the interval has seconds */
  constructor(recording: Recording, intervalMs: number) {
    this.#recording = recording;
    this.series = recording.series;
    this.#stepRows = Math.max(1, Math.round(intervalMs / 1000));
    const rows = recording.times.length;
    const n = recording.series.length;
    this.#lap = new Float64Array(n);
    this.#isCounter = new Uint8Array(n);
    for (let j = 0; j < n; j++) {
      const { name } = recording.series[j]!;
      const first = recording.values[j]!;
      const last = recording.values[(rows - 1) * n + j]!;
      if (isCounter(name) && last >= first) {
        this.#isCounter[j] = 1;
        this.#lap[j] = Math.ceil(last - first);
      }
    }
  }

  /** Fills `out` (one value a series) with what host number `host` shows at `step`. */
  row(host: number, step: number, out: Float64Array): void {
    const rows = this.#recording.times.length;
    const n = this.series.length;
    const at = host * 37 + step * this.#stepRows;
    const lap = Math.floor(at / rows);
    const from = (at % rows) * n;
    for (let j = 0; j < n; j++) {
      const value = this.#recording.values[from + j]!;
      out[j] = this.#isCounter[j] === 1 ? value + lap * this.#lap[j]! + host : value;
    }
  }
}

/** Counters by Prometheus' naming rules, and the few old ones of node_exporter that lack the suffix. */
function isCounter(name: string): boolean {
  return /_(total|count|sum|bucket)$/.test(name) || /^node_(netstat|vmstat)_/.test(name);
}
