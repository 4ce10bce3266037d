import { randomFraction } from '../random.ts';

export interface BackOffOptions {
  /** The first attempt's ceiling, ms. */
  readonly baseMs: number;
  /** No ceiling is higher, ms. */
  readonly capMs: number;
  readonly random: (into: Uint8Array) => void;
}

/**
 * No higher ceiling where the connection was refused before TLS, ms: a relay that restarts, or that lets others in first, is there
 * again in seconds, and a refusal costs it next to nothing. Ten thousand that wait so are 2,500 refusals a second.
 */
const REFUSED_CAP_MS = 8000;

/**
 * Full jitter: the wait is anywhere between nothing and a ceiling that doubles with every failure. A fleet that lost its relay at
 * one instant so comes back spread over the whole ceiling, not in waves. A relay's hint moves the window, it does not narrow it.
 */
export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /**
   * How long to wait now, ms; each call counts as one more failure.
   * @param heldMs how long the relay is to be left alone, ms
   * @param refused before TLS, by the relay or its machine
   */
  next(heldMs = 0, refused = false): number {
    const doubled = Math.min(this.#options.capMs, this.#options.baseMs * 2 ** Math.min(this.#failures, 30));
    const ceiling = refused ? Math.min(doubled, REFUSED_CAP_MS) : doubled;
    // Refusals alone never lead higher: not with the next failure of another kind either.
    if (ceiling === doubled) this.#failures++;
    return heldMs + ceiling * randomFraction(this.#options.random);
  }

  /** The connection has proven itself. */
  succeeded(): void {
    this.#failures = 0;
  }
}
