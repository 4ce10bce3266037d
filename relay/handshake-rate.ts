export interface HandshakeRateOptions {
  /** Handshakes a second: where it begins, and what it never leaves. */
  readonly start: number;
  readonly least: number;
  readonly most: number;
  /** How late the turns of the event loop may be on average, ms, before fewer are admitted. */
  readonly delayMs: number;
}

/** A stretch that is judged: so long, ms, and so many turns at least. One pause for garbage is no verdict. */
const STRETCH_MS = 200;
const STRETCH_TURNS = 3;
const DOWN = 0.8;
const UP = 1.1;

/**
 * How many TLS handshakes a second there is CPU for. What says so is the lateness of the event loop, because everything
 * that connected hosts wait for passes through it: while it is punctual the rate grows by a tenth five times a second,
 * and when it is late it falls twice as fast. So a small machine keeps serving who is connected, and a large one lets ten
 * thousand hosts back in as fast as it can. On a machine that others keep busy the loop is late whatever is done here;
 * that is what the least is for.
 */
export class HandshakeRate {
  readonly #options: HandshakeRateOptions;
  #rate: number;
  #late = 0;
  #turns = 0;
  #since: number;

  constructor(options: HandshakeRateOptions, now: number) {
    this.#options = options;
    this.#rate = clamp(options.start, options);
    this.#since = now;
  }

  /** Handshakes a second. */
  get value(): number {
    return this.#rate;
  }

  /** Nobody waits: lateness from now on is what counts, and the rate stays as it was. */
  rest(now: number): void {
    this.#late = 0;
    this.#turns = 0;
    this.#since = now;
  }

  /** A timer ran so late, ms, while somebody waited. */
  felt(lateMs: number, now: number): void {
    this.#late += lateMs;
    this.#turns++;
    if (now - this.#since < STRETCH_MS || this.#turns < STRETCH_TURNS) return;
    const { delayMs } = this.#options;
    const late = this.#late / this.#turns;
    const factor = late > delayMs ? DOWN : late > delayMs / 2 ? 1 : UP;
    this.#rate = clamp(this.#rate * factor, this.#options);
    this.rest(now);
  }
}

function clamp(rate: number, { least, most }: HandshakeRateOptions): number {
  return Math.min(most, Math.max(least, rate));
}
