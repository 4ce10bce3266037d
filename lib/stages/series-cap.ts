/** How long a series counts after its last sample: at least this, at most twice this, in ms. */
const GENERATION_MS = 30 * 60_000;

/** How many different series a client may have at a time. Known ones go on when the cap is reached, new ones are refused. */
export class SeriesCap {
  readonly #most: number;
  #current = new Set<string>();
  #before = new Set<string>();
  #turned: number;

  constructor(most: number, now: number) {
    this.#most = most;
    this.#turned = now;
  }

  /** True if the series `key` may have samples now. */
  admit(key: string, now: number): boolean {
    this.#turn(now);
    if (this.#current.has(key)) return true;
    const known = this.#before.delete(key);
    if (!known && this.size >= this.#most) return false;
    this.#current.add(key);
    return true;
  }

  /** Series that count now. */
  get size(): number {
    return this.#current.size + this.#before.size;
  }

  #turn(now: number): void {
    if (now - this.#turned < GENERATION_MS) return;
    // After a long silence both generations are over.
    this.#before = now - this.#turned < 2 * GENERATION_MS ? this.#current : new Set();
    this.#current = new Set();
    this.#turned = now;
  }
}
