import type { PageSeries } from '../../proto/page.ts';

export type { PageSeries };

/** An immutable page; the same object is passed for the same hash, so it can key a WeakMap. */
export interface ResolvedPage {
  /** 32 hex digits. */
  readonly hash: string;
  readonly series: readonly PageSeries[];
}

/** One page's columns over several instants. Row-major: the value of instant i, series j stands at i * n + j. */
export interface PageRows {
  readonly page: ResolvedPage;
  /** ms since the epoch, integer. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** 1 where there is a sample, null when all are there. */
  readonly present: Uint8Array | null;
  /** True: none of the values is infinite or no number. Otherwise nobody has looked. */
  readonly finite?: boolean;
}
