/** One part of the core and whether it is well. */
export interface PartHealth {
  readonly part: string;
  readonly well: boolean;
  readonly why: string;
}

/** What is well and what is not, and since when and why. Parts report; the API shows. */
export class Health {
  readonly #parts = new Map<string, { why: string | null; since: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  well(part: string): void {
    if (this.#parts.get(part)?.why !== null) this.#parts.set(part, { why: null, since: this.#now() });
  }

  /** A part that has not said anything yet counts as well. */
  begin(part: string): void {
    if (!this.#parts.has(part)) this.well(part);
  }

  /** True when it was well before, so that whoever asks often says it once. */
  ill(part: string, why: string): boolean {
    const before = this.#parts.get(part);
    this.#parts.set(part, { why, since: before && before.why !== null ? before.since : this.#now() });
    return before === undefined || before.why === null;
  }

  view(): { well: boolean; parts: PartHealth[] } {
    const parts = [...this.#parts].map(([part, { why, since }]) => ({
      part,
      well: why === null,
      why: why === null ? '' : `since ${new Date(since).toISOString()}: ${why}`,
    }));
    return { well: parts.every((part) => part.well), parts };
  }
}
