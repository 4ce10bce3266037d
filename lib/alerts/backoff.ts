const FIRST_WAIT_MS = 1000;

/** When to try again after failures: a second later, two, four, up to the longest, each less up to a half so that many do not come together. */
export class Backoff {
  readonly #random: () => number;
  readonly #longestMs: number;
  #failures = 0;
  #due = Number.NEGATIVE_INFINITY;

  constructor(random: () => number, longestMs: number) {
    this.#random = random;
    this.#longestMs = longestMs;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** ms on the clock of `failed`; far in the past where nothing failed. */
  get due(): number {
    return this.#due;
  }

  /** @param now ms on a clock that never steps */
  failed(now: number): void {
    const wait = Math.min(this.#longestMs, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 20));
    this.#due = now + wait * (0.5 + this.#random() / 2);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#due = Number.NEGATIVE_INFINITY;
  }
}
