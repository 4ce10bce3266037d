import { randomFraction } from '../random.ts';

/** The pause between two tries to go home grows to so many times the first one. */
const MOST_TIMES = 8;

export interface HomecomingOptions {
  /** The first pause, ms; 0: a host never goes home by itself. */
  readonly ms: number;
  readonly random: (into: Uint8Array) => void;
}

/**
 * When a host that is not at its first relay tries to go back there: after a pause and up to as long again by chance, so that a fleet that fled comes
 * home spread over that time. Each try doubles the pause, until the first relay has served for as long as one: a relay that comes and goes is left
 * alone more and more.
 */
export class Homecoming {
  readonly #options: HomecomingOptions;
  #times = 1;

  constructor(options: HomecomingOptions) {
    this.#options = options;
  }

  get never(): boolean {
    return this.#options.ms === 0;
  }

  /** How long the first relay must serve to be trusted again, ms. */
  get trustAfterMs(): number {
    return this.#options.ms;
  }

  /** How long to wait for the next try, ms. @param heldMs for how long the first relay is to be left alone in any case */
  wait(heldMs: number): number {
    const { ms, random } = this.#options;
    return Math.max(heldMs, ms * this.#times) + ms * this.#times * randomFraction(random);
  }

  /** One was made. */
  tried(): void {
    this.#times = Math.min(MOST_TIMES, this.#times * 2);
  }

  /** The first relay has served for long enough. */
  trusted(): void {
    this.#times = 1;
  }
}
