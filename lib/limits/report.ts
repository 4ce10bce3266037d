import type { SketchText } from './distinct-sketch.ts';

/** What series can be counted by. */
export const DIMENSIONS = ['metric', 'label', 'host', 'team'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** How many series there are, and of what. Estimates; no Node types: a browser reads it too. */
export interface CardinalityReport {
  /** When the counting began, ms since the epoch: all of what came then was new. */
  readonly since: number;
  readonly series: CountedKey;
  /** Different metric names. */
  readonly metrics: number;
  /** Series that may go on as they are, and series that were folded or blocked when they were looked at last. */
  readonly admitted: number;
  readonly folded: number;
  readonly blocked: number;
  /** What grows abnormally now. */
  readonly growing: readonly Growing[];
  /** The heaviest first. Of `label` the different values of a label of a metric are counted, of all others series. */
  readonly top: Readonly<Record<Dimension, readonly CountedKey[]>>;
}

/** The figures of it that a status page shows first. */
export interface CardinalityState {
  readonly since: number;
  readonly series: number;
  readonly newInHour: number;
  readonly newInDay: number;
  readonly admitted: number;
  readonly folded: number;
  readonly blocked: number;
  /** Blocks and caps in force. */
  readonly orders: number;
  readonly growing: readonly Growing[];
}

export interface CountedKey {
  /** A metric, host or team's label (`service="checkout"`); of a label `metric{label}`. */
  readonly key: string;
  readonly count: number;
  /** Of them new within an hour, and within a day. */
  readonly newInHour: number;
  readonly newInDay: number;
  /** Not 0: it was not among the heaviest all the time, and what is new of it may be known in truth. */
  readonly inherited: number;
  /** Values that were new lately. */
  readonly examples: readonly string[];
  /** For the sum with what another process knows. */
  readonly sketch?: SketchText;
}

/** A metric, or a host, whose series grow abnormally. */
export interface Growing {
  /** '': a host's, by no one metric. */
  readonly metric: string;
  /** Whose values are new most; '': no one's. */
  readonly label: string;
  /** That brought most of them. */
  readonly host: string;
  /** `service="checkout"`; '': its series have none of the labels. */
  readonly team: string;
  /** New within a minute, and how many are usual. */
  readonly count: number;
  readonly usual: number;
  readonly values: readonly string[];
  /** ms since the epoch. */
  readonly since: number;
}
