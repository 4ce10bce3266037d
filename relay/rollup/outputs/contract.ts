import type { DistributionPlan } from '../../../lib/distribution.ts';

/** What an output is fed with: each sample, what a counter went up by from one sample to the next, or each series once a window. */
export type Feed = 'samples' | 'increases' | 'series';

/** One value that a window leaves behind, beside the labels of its group. */
export interface Result {
  /** A label of the output's own: quantile or le. */
  readonly label: readonly [string, string] | null;
  readonly value: number;
}

/**
 * One aggregate of a rule: pure functions over a state that is plain data (numbers, lists, typed arrays), so that it can be written down and read
 * again. Whatever the order in which a window's samples are added, the results are the same, but for the rounding of sums.
 */
export interface Output<State = unknown> {
  /** How its series' names end, as vmagent's stream aggregation has them. */
  readonly suffix: string;
  readonly feed: Feed;
  /** The state of a window in which nothing has come yet. */
  start(): State;
  /** @param time of the sample, ms; for increases that of the later sample */
  add(state: State, value: number, time: number): void;
  /**
   * What is written when the window closes.
   * @param seconds length of the window
   * @param before what `carry` gave when the group's window before this one closed; 0 at first
   */
  results(state: State, seconds: number, before: number): Result[];
  /** What the core is asked to make, where it merges the windows of several relays or processes into one. */
  readonly merges: Partial<DistributionPlan>;
  /** What goes on from one window of the group to the next, where something does. */
  carry?(state: State, before: number): number;
}

/** A result without a label of its own. */
export function single(value: number): Result[] {
  return [{ label: null, value }];
}
