/** What a doctor is asked of a tier of this machine. */
export interface TierQuestions {
  readonly now: number;
  /** A core to compare clocks with, and to ask what it knows of this host. */
  readonly core: string | null;
  /** Log in as this tier itself, which must be stopped. */
  readonly login: boolean;
  /** Where a running collector tells of itself. */
  readonly runtime?: string | undefined;
}
