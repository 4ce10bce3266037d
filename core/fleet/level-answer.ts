import type { LogLevel } from '../../proto/desired.ts';

/** The lowest level of some services on some hosts, as somebody ordered it for a time. */
export interface LevelOrder {
  readonly id: string;
  /** Names, or patterns with `*` and `?`. */
  readonly host: string;
  readonly service: string;
  readonly level: LogLevel;
  readonly why: string;
  /** The token's name. */
  readonly by: string;
  /** When it was given, ms since the epoch. */
  readonly at: number;
  /** When it ends by itself, ms. */
  readonly until: number;
  readonly lifted: { readonly by: string; readonly at: number } | null;
}

/** Orders of levels as they are shown. */
export interface LevelsView {
  readonly time: number;
  /** The newest first, with those that are over; each with how many of the hosts of now it fits. */
  readonly orders: readonly (LevelOrder & { readonly inForce: boolean; readonly hosts: number })[];
}

/** What is answered to an order that is given or lifted. */
export interface LevelTold {
  readonly order: LevelOrder;
  /** How many of the hosts of now it fits. */
  readonly hosts: number;
}
