/** A sum over the last so many stretches of time, the running one included. */
export class RollingSum {
  readonly #width: number;
  readonly #parts: Float32Array;
  /** The stretch that is running, counted from the epoch. */
  #at = 0;
  #sum = 0;

  /** @param width of a stretch, ms @param parts how many */
  constructor(width: number, parts: number) {
    this.#width = width;
    this.#parts = new Float32Array(parts);
  }

  /** @param now ms */
  add(value: number, now: number): void {
    this.#turn(now);
    this.#parts[this.#at % this.#parts.length]! += value;
    this.#sum += value;
  }

  /** @param now ms */
  sum(now: number): number {
    this.#turn(now);
    return this.#sum;
  }

  #turn(now: number): void {
    const at = Math.floor(now / this.#width);
    if (at <= this.#at) return;
    const parts = this.#parts;
    if (at - this.#at >= parts.length) parts.fill(0);
    else for (let next = this.#at + 1; next <= at; next++) parts[next % parts.length] = 0;
    this.#at = at;
    // Anew, so that no rounding gathers.
    this.#sum = parts.reduce((sum, part) => sum + part, 0);
  }
}
