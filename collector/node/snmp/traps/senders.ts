const MINUTE = 60_000;
/** Senders that are remembered; addresses can be made up. */
const MOST_SENDERS = 4096;

interface Bucket {
  tokens: number;
  at: number;
}

/** How many datagrams are read: of each sender, and of all. A bucket a sender, of a minute's worth. */
export class Senders {
  readonly #perMinute: number;
  readonly #mono: () => number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #all: Bucket;
  readonly #perMinuteOfAll: number;

  constructor(limits: { readonly perMinute: number; readonly perMinuteOfAll: number }, mono: () => number) {
    this.#perMinute = limits.perMinute;
    this.#perMinuteOfAll = limits.perMinuteOfAll;
    this.#mono = mono;
    this.#all = { tokens: limits.perMinuteOfAll, at: mono() };
  }

  /** Whether one more of this sender is taken. */
  admit(address: string): boolean {
    const now = this.#mono();
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      // The one that has been silent for longest makes room: its bucket is full by now, or nearly.
      if (this.#buckets.size >= MOST_SENDERS) this.#buckets.delete(this.#buckets.keys().next().value!);
      bucket = { tokens: this.#perMinute, at: now };
    } else this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    fill(bucket, this.#perMinute, now);
    fill(this.#all, this.#perMinuteOfAll, now);
    if (bucket.tokens < 1 || this.#all.tokens < 1) return false;
    bucket.tokens--;
    this.#all.tokens--;
    return true;
  }
}

function fill(bucket: Bucket, perMinute: number, now: number): void {
  bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.at) / MINUTE) * perMinute);
  bucket.at = now;
}
