import type { Hash } from '../../proto/hash.ts';
import type { PageSeries } from '../../proto/page.ts';

/** Asked before all judges of series: which samples of a page, as the host named it, do not go on. */
export interface PageJudge {
  /** In the ledger. */
  readonly reason: string;
  /** False: none. */
  readonly active: boolean;
  /** Grows when an answer that was given may not hold any more. */
  readonly version: number;
  /** Columns of the page. */
  dropped(page: { readonly hash: Hash; readonly series: readonly PageSeries[] }, host: string): readonly number[];
  /** So many samples were left out. */
  count(samples: number): void;
}
