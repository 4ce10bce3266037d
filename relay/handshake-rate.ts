export interface HandshakeRateOptions {
  /** Handshakes a second: where it begins, and what it never leaves. */
  readonly start: number;
  readonly least: number;
  readonly most: number;
  /** How late a turn of the event loop may be, ms, before fewer are admitted. */
  readonly delayMs: number;
}

/** Length of a stretch that is judged, ms. */
const STRETCH_MS = 200;
const DOWN = 0.8;
const UP = 1.1;

/**
 * How many TLS handshakes a second there is CPU for. What says so is the lateness of the event loop, because everything
 * that connected hosts wait for passes through it: while it is punctual the rate grows by a tenth five times a second,
 * and when it is late it falls twice as fast. So a small machine keeps serving who is connected, and a large one lets ten
 * thousand hosts back in as fast as it can.
 */
export class HandshakeRate {
  readonly #options: HandshakeRateOptions;
  #rate: number;
  #worst = 0;
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
    this.#worst = 0;
    this.#since = now;
  }

  /** A timer ran so late, ms, while somebody waited. */
  felt(lateMs: number, now: number): void {
    this.#worst = Math.max(this.#worst, lateMs);
    if (now - this.#since < STRETCH_MS) return;
    const { delayMs } = this.#options;
    const factor = this.#worst > delayMs ? DOWN : this.#worst > delayMs / 2 ? 1 : UP;
    this.#rate = clamp(this.#rate * factor, this.#options);
    this.rest(now);
  }
}

function clamp(rate: number, { least, most }: HandshakeRateOptions): number {
  return Math.min(most, Math.max(least, rate));
}
