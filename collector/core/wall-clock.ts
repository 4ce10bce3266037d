/** No machine that runs this has an earlier time: a clock before it was never set (no real-time clock, an empty battery). */
const FIRST_YEAR = Date.UTC(2026, 0, 1);

/**
 * The time of a machine that may not know it. A clock that was never set says 1970; until it is set, time is the relay's, as it was last heard, and
 * goes on by the monotonic clock. Before a relay was heard it is the first moment that is possible: early, in order, and with the right distances.
 */
export class WallClock {
  readonly #raw: () => number;
  readonly #mono: () => number;
  #base: { readonly time: number; readonly at: number };

  /** @param raw the machine's own, ms since the epoch @param mono ms @param floor what it was at least, from an earlier life */
  constructor(raw: () => number, mono: () => number, floor = 0) {
    this.#raw = raw;
    this.#mono = mono;
    this.#base = { time: Math.max(FIRST_YEAR, floor), at: mono() };
  }

  /** Whether the machine's own clock is set. */
  get isSet(): boolean {
    return this.#raw() >= FIRST_YEAR;
  }

  /** ms since the epoch. */
  now(): number {
    const raw = this.#raw();
    return raw >= FIRST_YEAR ? raw : this.#base.time + this.#mono() - this.#base.at;
  }

  /** A relay said what time it is. Going back is not for a clock. */
  heard(time: number): void {
    if (this.isSet || time <= this.now()) return;
    this.#base = { time, at: this.#mono() };
  }
}
