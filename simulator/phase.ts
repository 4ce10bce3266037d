/** A part of a run, and what happens in it. Shares are from 0 to 1. */
export interface Phase {
  readonly name: string;
  /** 0 in the last one: until the run is stopped. */
  readonly durationMs: number;
  /** Over all hosts. */
  readonly logsPerSecond: number;
  /** Share of the hosts that restart each minute. */
  readonly churn: number;
  /** Share that reads slowly. */
  readonly slow: number;
  /** Share that sends garbage among the good. */
  readonly bad: number;
  /** At its beginning everyone's connection breaks, and all come back at once. */
  readonly storm: boolean;
  /** At its beginning this share of the hosts loses the network, for so long. */
  readonly outage: { readonly ms: number; readonly share: number } | null;
}

/** A phase in which nothing is amiss. */
export function calmPhase(durationMs: number, logsPerSecond: number): Phase {
  return { name: 'run', durationMs, logsPerSecond, churn: 0, slow: 0, bad: 0, storm: false, outage: null };
}
