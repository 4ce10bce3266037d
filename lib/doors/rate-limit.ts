interface Bucket {
  tokens: number;
  last: number;
}

const CLIENTS = 100_000;

/** So many requests a second for each client, and a burst above it. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** 0, or the ms until the client's next request would be taken. `now` in ms. */
  take(client: string, now: number): number {
    let bucket = this.#buckets.get(client);
    if (bucket === undefined) {
      // Forgetting gives everybody a burst again, and no more.
      if (this.#buckets.size >= CLIENTS) this.#buckets.clear();
      bucket = { tokens: this.#burst, last: now };
      this.#buckets.set(client, bucket);
    }
    const passed = Math.max(0, now - bucket.last);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (passed * this.#perSecond) / 1000);
    bucket.last = now;
    if (bucket.tokens < 1) return ((1 - bucket.tokens) * 1000) / this.#perSecond;
    bucket.tokens--;
    return 0;
  }
}
