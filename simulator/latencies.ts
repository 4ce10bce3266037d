/** Buckets grow by 4 %: a quantile is off by that at most. */
const GROWTH = Math.log(1.04);
const BUCKETS = 512;

/** How long acknowledgements took, in buckets that can be added over processes. From 10 us on. */
export class Latencies {
  readonly #counts: number[];
  max: number;

  constructor(counts: readonly number[] = [], max = 0) {
    this.#counts = Array.from({ length: BUCKETS }, (_, i) => counts[i] ?? 0);
    this.max = max;
  }

  add(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(0.01, ms) * 100) / GROWTH);
    this.#counts[Math.min(BUCKETS - 1, bucket)]!++;
    if (ms > this.max) this.max = ms;
  }

  addAll(other: LatencyCounts): void {
    other.counts.forEach((count, i) => {
      this.#counts[i]! += count;
    });
    this.max = Math.max(this.max, other.max);
  }

  /** ms; 0 where there is none. */
  quantile(quantile: number): number {
    const whole = this.#counts.reduce((sum, count) => sum + count, 0);
    if (whole === 0) return 0;
    let left = quantile * whole;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#counts[i]!;
      if (left < 0) return Math.min(this.max, Math.exp((i + 0.5) * GROWTH) / 100);
    }
    return this.max;
  }

  /** For another process. */
  counts(): LatencyCounts {
    return { counts: [...this.#counts], max: this.max };
  }
}

export interface LatencyCounts {
  readonly counts: readonly number[];
  readonly max: number;
}
