/** Instants of one life, all of them sampled: their values follow from host, life and step. */
export interface StepSpan {
  readonly life: number;
  readonly from: number;
  to: number;
}

/** Lines `first` to `first + count - 1`, written at `start + n * every` (rounded down), n from 0. */
export interface LineSpan {
  readonly first: number;
  readonly start: number;
  readonly every: number;
  count: number;
}

/** What one host has really sent, as ranges: values, lines and times can be computed again. */
export interface HostTruth {
  readonly number: number;
  readonly name: string;
  /** ms that its clock is ahead. */
  readonly skew: number;
  readonly steps: readonly StepSpan[];
  readonly lines: readonly LineSpan[];
  /** Steps and lines whose acknowledgement did not come: they may be in the store, but need not. */
  readonly openSteps: readonly (readonly [number, number])[];
  readonly openLines: readonly (readonly [number, number])[];
}

/** Instants that a host sampled, and of those the acknowledged ones. */
export function stepCounts(truth: HostTruth): { sent: number; acknowledged: number } {
  const sent = truth.steps.reduce((sum, span) => sum + span.to - span.from + 1, 0);
  return { sent, acknowledged: sent - truth.openSteps.reduce((sum, [from, to]) => sum + to - from + 1, 0) };
}
