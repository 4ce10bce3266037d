/** A clock that was set back is caught up with at this pace, so that distances between samples stay nearly right (ntpd slews for the same reason). */
const PACE = 0.9;

/**
 * The times of samples: the wall clock's, and never before the last. Where the clock was set back they go on by the monotonic clock, a tenth
 * slower, until the wall clock has caught up.
 */
export class Stamps {
  readonly #mono: () => number;
  #last = Number.NEGATIVE_INFINITY;
  #at = 0;

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** How far the last stamp is before a moment of the wall clock, ms; 0 unless that was set back. */
  aheadOf(now: number): number {
    return Math.max(0, this.#last - now);
  }

  /** @param instant by the wall clock, ms */
  next(instant: number): number {
    const now = this.#mono();
    const stamp = instant > this.#last ? instant : this.#last + Math.max(1, Math.round((now - this.#at) * PACE));
    this.#last = stamp;
    this.#at = now;
    return stamp;
  }
}
