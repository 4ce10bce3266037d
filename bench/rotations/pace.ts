/** Lets so many bytes a second through, and says of each piece when its time has come. */
export class Pace {
  readonly #bytesPerMs: number;
  #free = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** How long this piece has to wait, ms. */
  take(bytes: number, now: number): number {
    this.#free = Math.max(this.#free, now) + bytes / this.#bytesPerMs;
    return this.#free - now;
  }
}
