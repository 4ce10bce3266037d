import { bucketsOf } from '../log-flood/quantile.ts';

/** A histogram of the core as a page of its metrics has it: how many were at most so late, by upper edge, s. */
export class FreshnessCounts {
  readonly #counts: ReadonlyMap<number, number>;

  constructor(counts: ReadonlyMap<number, number> = new Map()) {
    this.#counts = counts;
  }

  /** @param name of the histogram, without `_bucket`. @param label the one it has beside `le` */
  static of(page: string, name: string, label?: string): FreshnessCounts {
    return new FreshnessCounts(bucketsOf(page, name, label));
  }

  /** What came since `before`. */
  since(before: FreshnessCounts): FreshnessCounts {
    return this.#with((count, bound) => count - (before.#counts.get(bound) ?? 0));
  }

  plus(other: FreshnessCounts): FreshnessCounts {
    return this.#counts.size === 0 ? other : this.#with((count, bound) => count + (other.#counts.get(bound) ?? 0));
  }

  get count(): number {
    return this.#counts.get(Number.POSITIVE_INFINITY) ?? 0;
  }

  /** Within its bucket as PromQL's histogram_quantile has it: a bucket's edge alone would hide or make a difference. Seconds; NaN where there is none. */
  quantile(share: number): number {
    const rank = share * this.count;
    let [low, below] = [0, 0];
    for (const [bound, count] of this.#sorted()) {
      if (count >= rank && count > below)
        return bound === Number.POSITIVE_INFINITY ? low : low + ((bound - low) * (rank - below)) / (count - below);
      [low, below] = [bound, count];
    }
    return Number.NaN;
  }

  /** The edge that none of them is above, s; infinite where some are above the last one. */
  get most(): number {
    return this.#sorted().find(([, count]) => count === this.count && count > 0)?.[0] ?? Number.NaN;
  }

  #sorted(): [number, number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  #with(of: (count: number, bound: number) => number): FreshnessCounts {
    return new FreshnessCounts(new Map([...this.#counts].map(([bound, count]) => [bound, of(count, bound)])));
  }
}
