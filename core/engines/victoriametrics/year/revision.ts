import { HeliographError } from '../../../../lib/errors.ts';

/**
 * A window that is computed again is written anew, and VictoriaMetrics overwrites nothing: of two samples of one time it keeps the larger. So
 * each revision stands at a time of its own within its window, a later one at a later time, and reads take the last of the window, in
 * whatever order they came.
 *
 * The revision is the hour at which it was computed, as far as there is room: the slots of a window are spread over all the time in which it can be computed
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
   * The revision of a window that is computed now.
   * @param before the one it had; null: none
   * @throws HeliographError HG_YEAR_REVISIONS where there is no later one
   */
  next(start: number, before: number | null, now: number): number {
    const slot = Math.max(0, Math.floor((now - start - this.#windowMs) / this.#slotMs));
    // A clock that was set back must not make a later revision an earlier one.
    const revision = Math.max(Math.min(slot, this.most), before === null ? 0 : before + 1);
    if (revision <= this.most) return revision;
    throw new HeliographError(
      'HG_YEAR_REVISIONS',
      `the window of ${new Date(start).toISOString()} has had revision ${before}, the last of ${this.#windowMs - 1}`,
      { start, before },
    );
  }

  /** The time of the samples of a revision: inside the window, neither its first nor its last instant is outside of (start, start + length). */
  stamp(start: number, revision: number): number {
    return start + 1 + revision;
  }
}
