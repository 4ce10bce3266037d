/** When a new base row pays for itself. */
export interface BasePolicyOptions {
  /** A base is renewed after this at the latest, however little it costs. */
  readonly maxAgeMs: number;
  /** And not before this, so that a burst does not make definitions of every frame. */
  readonly minAgeMs: number;
}

export const BASE_POLICY: BasePolicyOptions = { maxAgeMs: 300_000, minAgeMs: 10_000 };

/** What one more definition costs beside its bytes: a message, its journalling, its place in two memories. */
const DEFINITION_OVERHEAD_BYTES = 256;

/**
 * One page's base. Frames cost more as the values move away from the base; a renewal costs its bytes once and makes the
 * next frames cheap. The mean cost a frame is least if the base is renewed as soon as one more frame on the old base
 * costs more than the mean since it was made, renewal included. Where the cost of a frame grows and then stays, that
 * moment never comes, and the base lives as long as it may.
 */
export class BasePolicy {
  readonly #options: BasePolicyOptions;
  #since = Number.NaN;
  #spent = 0;
  #frames = 0;
  /** Bytes of a frame now: the last ones count most, so that one large frame is no reason. */
  #recent = 0;

  constructor(options: BasePolicyOptions = BASE_POLICY) {
    this.#options = options;
  }

  /** A base of so many bytes was made. `now` on a clock that does not step, ms. */
  renewed(now: number, baseBytes: number): void {
    this.#since = now;
    this.#spent = baseBytes + DEFINITION_OVERHEAD_BYTES;
    this.#frames = 0;
    this.#recent = 0;
  }

  /** Columns for this page were encoded against the base. */
  encoded(bytes: number): void {
    this.#frames++;
    this.#spent += bytes;
    this.#recent = this.#frames === 1 ? bytes : this.#recent * 0.75 + bytes * 0.25;
  }

  /** True if the next columns should have a new base: there is none, it is old, or going on with it costs more. */
  due(now: number): boolean {
    if (Number.isNaN(this.#since)) return true;
    const age = now - this.#since;
    if (age >= this.#options.maxAgeMs) return true;
    return age >= this.#options.minAgeMs && this.#recent * this.#frames > this.#spent;
  }

  /** No base any more: the page changed. */
  reset(): void {
    this.#since = Number.NaN;
  }
}
