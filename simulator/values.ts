import { POWERS, RAW } from '../proto/decimal.ts';
import { hash32 } from './hash32.ts';
import type { ScaledColumn, ScaledRecording } from './scaled-recording.ts';

/** Places of the recording where hosts start, at most: hosts of one kind and phase move alike, each at its own level. */
const MOST_PHASES = 64;
/** Hosts that share a phase, over all kinds: what is encoded for one is encoded for all of them. */
const HOSTS_A_PHASE = 128;

/**
 * What the hosts of one kind show at each step: the recording, started at one of several places and repeated without end.
 * Counters go on rising over the seam (a lap's growth is added). Every host's series stand apart by a whole number of their own, another
 * one after each restart. All of it is a function of (host, life, step, series), so a verifier can ask again what was sent.
 */
export class KindValues {
  /** Series of the kind. */
  readonly count: number;
  readonly #columns: readonly ScaledColumn[];
  readonly #rows: number;
  readonly #stepRows: number;
  readonly #phases: number;

  /**
   * @param sources the recorded series behind each series of the kind
   * @param intervalMs the recording has a row a second; a step skips as many rows as the interval has seconds
   * @param hosts of the run: few of them start at few places
   */
  constructor(recording: ScaledRecording, sources: readonly number[], intervalMs: number, hosts: number) {
    this.count = sources.length;
    this.#columns = sources.map((source) => recording.columns[source]!);
    this.#rows = recording.rows;
    this.#phases = Math.min(MOST_PHASES, Math.max(4, Math.floor(hosts / HOSTS_A_PHASE)));
    this.#stepRows = Math.max(1, Math.round(intervalMs / 1000));
  }

  /** Where in the recording a host begins. */
  phaseOf(host: number): number {
    return hash32(host, 7) % this.#phases;
  }

  /** Fills `out` from `at` on with what all hosts of a phase show at `step`, before they are moved apart. */
  common(phase: number, step: number, out: Float64Array, at: number): void {
    const row = this.#row(phase, step);
    const lap = Math.floor(row / this.#rows);
    const from = row % this.#rows;
    const columns = this.#columns;
    for (let j = 0; j < columns.length; j++) {
      const column = columns[j]!;
      const value = column.rows[from]!;
      out[at + j] = column.exponent === RAW ? value : (value + lap * column.lap) / POWERS[column.exponent]!;
    }
  }

  /** Fills `out` with what a host shows at `step`. */
  row(host: number, life: number, step: number, out: Float64Array): void {
    const row = this.#row(this.phaseOf(host), step);
    for (let j = 0; j < this.count; j++) out[j] = this.#value(host, life, row, j);
  }

  /** One value of it. */
  at(host: number, life: number, step: number, series: number): number {
    return this.#value(host, life, this.#row(this.phaseOf(host), step), series);
  }

  #row(phase: number, step: number): number {
    return Math.floor((phase * this.#rows) / this.#phases) + step * this.#stepRows;
  }

  #value(host: number, life: number, row: number, j: number): number {
    const { exponent, rows, lap, spread } = this.#columns[j]!;
    const value = rows[row % this.#rows]!;
    if (exponent === RAW) return value;
    const power = POWERS[exponent]!;
    const apart = spread === 1 ? 0 : hash32(host, j, life) % spread;
    return (value + Math.floor(row / this.#rows) * lap + apart * power) / power;
  }
}
