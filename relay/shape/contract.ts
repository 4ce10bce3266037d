/** Labels of a series as the core would store them, sorted by name: with `__name__`, `instance` and `site`. */
export type SeriesLabels = readonly (readonly [string, string])[];

/** What becomes of a series on its way to the core. Samples that do not go on are counted in the ledger under `reason`. */
export type Verdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop'; readonly reason: string }
  /** It goes on under other labels. */
  | { readonly kind: 'rename'; readonly labels: SeriesLabels }
  /** It is added up with all others of the same host and instant that go into the same labels; what is sent in their place is one sample, the others count under `reason`. */
  | { readonly kind: 'fold'; readonly into: SeriesLabels; readonly reason: string };

/** One stage that decides about series: relabelling rules, limits. Asked once for each series of a page and host, not for each sample. */
export interface SeriesJudge {
  /** False: nothing would be changed now, and nobody is asked. */
  readonly active: boolean;
  /** Grows when an answer that was given may not hold any more; then every series is asked about again. */
  readonly version: number;
  /** The same for one host, in place of `version`: so that hosts are asked about again one after another, and never all at once. */
  versionOf?(host: string): number;
  /** @param host whose frame the series came in @param labels after the stages before this one */
  judge(host: string, labels: SeriesLabels): Verdict;
}
