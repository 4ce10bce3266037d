/** What is told is of this time before it is asked for at least, once so much has passed, and of twice as much at most. ms. */
export const WINDOW_MS = 300_000;
/** Times that are told apart: from the least, s, each a twentieth more than the one before, to half an hour. */
const LEAST = 0.001;
const STEP = Math.log(1.05);
const EDGES = 296;

/** Times of one stretch. */
interface Stretch {
  readonly counts: Uint32Array;
  count: number;
  max: number;
}

/** How long something took, s: quantiles of the last five to ten minutes, a twentieth too large at most. What went wrong at a start is forgotten. */
export class RecentTimes {
  #from = Number.NEGATIVE_INFINITY;
  #current = empty();
  #before = empty();

  /** @param now ms, of any steady enough clock */
  observe(seconds: number, now: number): void {
    this.#turn(now);
    const { counts } = this.#current;
    const edge = seconds <= LEAST ? 0 : Math.ceil(Math.log(seconds / LEAST) / STEP);
    counts[Math.min(edge, EDGES)]!++;
    this.#current.count++;
    if (seconds > this.#current.max) this.#current.max = seconds;
  }

  /** @param shares of the quantiles, 0 to 1; null: nothing was observed */
  figure(shares: readonly number[], now: number): { count: number; max: number; quantiles: number[] } | null {
    this.#turn(now);
    const both = [this.#before, this.#current];
    const count = both.reduce((sum, one) => sum + one.count, 0);
    if (count === 0) return null;
    const max = Math.max(...both.map((one) => one.max));
    const quantiles = shares.map((share) => {
      let left = share * count;
      for (let edge = 0; edge < EDGES; edge++) {
        left -= this.#before.counts[edge]! + this.#current.counts[edge]!;
        if (left <= 0) return Math.min(LEAST * Math.exp(edge * STEP), max);
      }
      return max;
    });
    return { count, max, quantiles };
  }

  #turn(now: number): void {
    const passed = now - this.#from;
    // A clock that was set back begins anew as well.
    if (passed >= 0 && passed < WINDOW_MS) return;
    this.#before = passed >= 0 && passed < 2 * WINDOW_MS ? this.#current : empty();
    this.#current = empty();
    this.#from = passed >= 0 && passed < 2 * WINDOW_MS ? this.#from + WINDOW_MS : now;
  }
}

function empty(): Stretch {
  return { counts: new Uint32Array(EDGES + 1), count: 0, max: Number.NEGATIVE_INFINITY };
}
