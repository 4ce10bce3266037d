import { isExact, POWERS, RAW, scaled, smallestExponent } from '../proto/decimal.ts';
import type { Recording } from './recording.ts';

/** Decimals of this many digits and fewer are exact in every step of what is computed with them here. */
const MOST = 1e15;

/** One recorded series as whole numbers of one power of ten, so that hosts can be moved apart without rounding. */
export interface ScaledColumn {
  /** Decimal places of all its values; RAW: its values are no decimals, and are shown as they were recorded. */
  readonly exponent: number;
  /** By row: value * 10^exponent, or the value itself where it is RAW. */
  readonly rows: Float64Array;
  /** What a lap of the recording adds, in the units of `rows`; 0 for gauges. */
  readonly lap: number;
  /** Hosts are moved apart by a whole number below this; 1: they are not. */
  readonly spread: number;
  /** Whether it changes at all. */
  readonly moves: boolean;
}

/** The recording, column by column. */
export class ScaledRecording {
  /** Rows of the recording; one a second. */
  readonly rows: number;
  readonly series: Recording['series'];
  readonly columns: readonly ScaledColumn[];

  constructor(recording: Recording) {
    this.rows = recording.times.length;
    this.series = recording.series;
    this.columns = recording.series.map((_, column) => scaleColumn(recording, column));
  }
}

function scaleColumn(recording: Recording, column: number): ScaledColumn {
  const n = recording.series.length;
  const { name } = recording.series[column]!;
  const recorded = Float64Array.from(recording.times, (_, row) => recording.values[row * n + column]!);
  const moves = recorded.some((value) => !Object.is(value, recorded[0]));
  let exponent = 0;
  for (const value of recorded) exponent = Math.max(exponent, smallestExponent(value));
  const decimal = exponent !== RAW && recorded.every((value) => isExact(value, exponent));
  if (!decimal) return { exponent: RAW, rows: recorded, lap: 0, spread: 1, moves };
  const power = POWERS[exponent]!;
  const rows = recorded.map((value) => scaled(value, exponent));
  const most = rows.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const rising = isCounter(name) && rows.at(-1)! >= rows[0]!;
  const growth = rising ? Math.ceil((rows.at(-1)! - rows[0]!) / power) * power : 0;
  const lap = most + growth * 1000 < MOST ? growth : 0;
  const spread = spreadOf(name, recorded, rising, moves);
  return { exponent, rows, lap, spread: most + (spread + lap * 1000) * power < MOST ? spread : 1, moves };
}

/** Counters differ by much; what is measured by a part of itself; states and times not at all. */
function spreadOf(name: string, recorded: Float64Array, rising: boolean, moves: boolean): number {
  const low = recorded.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY);
  if (rising && moves) return Math.min(1e9, Math.max(1000, Math.ceil(recorded.at(-1)!)));
  if (low < 4 || (/seconds$/.test(name) && low > 1e9)) return moves && /load|inuse|estab/i.test(name) ? 4 : 1;
  return Math.min(1e9, Math.floor(low * 0.3) + 1);
}

/** Counters by Prometheus' naming rules, and the few old ones of node_exporter that lack the suffix. */
export function isCounter(name: string): boolean {
  return /_(total|count|sum|bucket)$/.test(name) || /^node_(netstat|vmstat)_/.test(name);
}
