import { randomFraction } from '../random.ts';

/** No relay can send a collector away for longer, ms. */
const MOST_HINT_MS = 600_000;

export interface BackOffOptions {
  /** The first attempt's ceiling, ms. */
  readonly baseMs: number;
  /** No ceiling is higher, ms. */
  readonly capMs: number;
  readonly random: (into: Uint8Array) => void;
}

/**
 * Full jitter: the wait is anywhere between nothing and a ceiling that doubles with every failure. A fleet that lost its relay at
 * one instant so comes back spread over the whole ceiling, not in waves. A relay's hint moves the window, it does not narrow it.
 */
export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;
  #hintMs = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /** The relay asks to stay away for this long; holds for the next wait only, and ten minutes at most. */
  hint(ms: number): void {
    if (ms > 0) this.#hintMs = Math.min(ms, MOST_HINT_MS);
  }

  /** How long to wait now, ms; each call counts as one more failure. */
  next(): number {
    const ceiling = Math.min(this.#options.capMs, this.#options.baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    const wait = this.#hintMs + ceiling * randomFraction(this.#options.random);
    this.#hintMs = 0;
    return wait;
  }

  /** The connection has proven itself. */
  succeeded(): void {
    this.#failures = 0;
  }
}
