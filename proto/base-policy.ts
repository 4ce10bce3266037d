/** When a new base row pays for itself. */
export interface BasePolicyOptions {
  /** A base is renewed after this at the latest, however little it costs. */
  readonly maxAgeMs: number;
  /** And not before this, so that a burst does not make definitions of every frame. */
  readonly minAgeMs: number;
}

export const BASE_POLICY: BasePolicyOptions = { maxAgeMs: 300_000, minAgeMs: 10_000 };

/**
 * One page's base. Frames cost more as the values move away from the base; a renewal costs `baseBytes` once and puts the
 * frames back to what they cost when it was fresh. It pays when what frames cost above fresh adds up to a renewal:
 * then the sum of both is least, as for any thing whose upkeep grows with age.
 */
export class BasePolicy {
  readonly #options: BasePolicyOptions;
  #since = Number.NaN;
  #fresh = Number.POSITIVE_INFINITY;
  #excess = 0;
  #baseBytes = 0;

  constructor(options: BasePolicyOptions = BASE_POLICY) {
    this.#options = options;
  }

  /** A base of so many bytes (content and its message's head) was made. `now` on a clock that does not step, ms. */
  renewed(now: number, baseBytes: number): void {
    this.#since = now;
    this.#fresh = Number.POSITIVE_INFINITY;
    this.#excess = 0;
    this.#baseBytes = baseBytes;
  }

  /** A section for this page was encoded against the base. */
  encoded(bytes: number): void {
    if (bytes < this.#fresh) this.#fresh = bytes;
    this.#excess += bytes - this.#fresh;
  }

  /** True if the next section should have a new base: there is none, it is old, or it costs more than a new one. */
  due(now: number): boolean {
    if (Number.isNaN(this.#since)) return true;
    const age = now - this.#since;
    if (age >= this.#options.maxAgeMs) return true;
    return age >= this.#options.minAgeMs && this.#excess >= this.#baseBytes;
  }

  /** No base any more: the page changed. */
  reset(): void {
    this.#since = Number.NaN;
  }
}
