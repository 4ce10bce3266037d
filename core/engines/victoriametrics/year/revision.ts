/**
 * A window that is computed again is written anew, and VictoriaMetrics overwrites nothing: of two samples of one time it keeps the larger. So
 * each revision stands at a time of its own within its window, a later one at a later time. The engine is told to keep one sample a window
 * (-dedup.minScrapeInterval), which is the one of the latest time: queries see only that, in whatever order they came, and merges delete the others.
 *
 * The revision tells when it was computed: the slots of a window are spread over all the time in which it can be computed
 * again, that is the retention of what it is computed from. So they cannot run out, and a core that lost its own folder still writes later ones.
 */
export class Revisions {
  readonly #windowMs: number;
  readonly #slotMs: number;

  /** @param fullMs how long samples are kept in full, ms */
  constructor(windowMs: number, fullMs: number) {
    this.#windowMs = windowMs;
    this.#slotMs = Math.max(1, Math.ceil(fullMs / this.most));
  }

  /** The highest revision: its time is the last that is inside the window. */
  get most(): number {
    return this.#windowMs - 2;
  }

  /** How much time one revision stands for, ms. */
  get slotMs(): number {
    return this.#slotMs;
  }

  /**
   * The revision of a window that is computed now; null: there is no later one. That takes a clock that was set back by weeks, or one that computes a window
   * again faster than `slotMs` for as long as samples are kept.
   * @param before the one it had; null: none
   */
  next(start: number, before: number | null, now: number): number | null {
    const slot = Math.max(0, Math.floor((now - start - this.#windowMs) / this.#slotMs));
    // A clock that was set back must not make a later revision an earlier one.
    const revision = Math.max(Math.min(slot, this.most), before === null ? 0 : before + 1);
    return revision <= this.most ? revision : null;
  }

  /** The time of the samples of a revision, in (start, start + length). */
  stamp(start: number, revision: number): number {
    return start + 1 + revision;
  }
}
