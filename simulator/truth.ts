import type { SimulatedLine } from './log-lines.ts';

/** One sampling of one host: its number among the host's samplings, its time, and whether the relay has acknowledged it. */
export interface SentRow {
  readonly step: number;
  readonly time: number;
  acknowledged: boolean;
}

export interface SentLine extends SimulatedLine {
  readonly number: number;
  readonly time: number;
  acknowledged: boolean;
}

/** What one host has really sent; the values themselves can be computed again from host and step. */
export interface HostTruth {
  readonly host: string;
  readonly number: number;
  readonly rows: SentRow[];
  readonly lines: SentLine[];
}
