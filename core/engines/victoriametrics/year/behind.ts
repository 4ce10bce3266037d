/** Further behind than this is worth a word, ms. */
const FAR_MS = 3_600_000;
/** How often it is judged, ms. */
const EVERY_MS = 600_000;

/**
 * Whether windows fall behind: more than an hour, and not less than ten minutes before. The month that is computed at the first start, and what is caught up
 * after an outage, is far behind and no trouble.
 */
export class Behind {
  #judged = Number.NEGATIVE_INFINITY;
  #lag = Number.POSITIVE_INFINITY;
  #behind = false;

  /** @param lag how far the watermark is behind where it should be, ms */
  judge(lag: number, now: number): boolean {
    if (lag <= FAR_MS) {
      this.#behind = false;
      this.#lag = lag;
      this.#judged = now;
    } else if (now - this.#judged >= EVERY_MS) {
      this.#behind = lag >= this.#lag;
      this.#lag = lag;
      this.#judged = now;
    }
    return this.#behind;
  }
}
