/** Why samples of a series are not sent, and how many there were since that was last asked. */
export class DroppedSeries {
  /** As it stands in the ledger. */
  readonly reason: string;
  samples = 0;
  /** Since the start. */
  total = 0;

  constructor(reason: string) {
    this.reason = reason;
  }

  count(): void {
    this.samples++;
    this.total++;
  }
}
