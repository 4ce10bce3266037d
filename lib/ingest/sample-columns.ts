/**
 * Times and values of many samples, one after another. Values can come as bytes and leave as words, so that the bits of a NaN
 * (Prometheus' stale marker is a signalling one) are never touched by arithmetic.
 */
export class SampleColumns {
  times = new Float64Array(64);
  #values = new Float64Array(64);
  #words = new Uint32Array(this.#values.buffer);
  length = 0;

  /** `time` in ms since the epoch. */
  push(time: number, value: number): void {
    const at = this.#next(time);
    this.#values[at] = value;
  }

  /** The value as the two halves of its bits. */
  pushWords(time: number, low: number, high: number): void {
    const at = this.#next(time);
    this.#words[at * 2] = low;
    this.#words[at * 2 + 1] = high;
  }

  /** Not for NaN whose bits matter. */
  value(at: number): number {
    return this.#values[at]!;
  }

  /** Copies the bits of value `at` to `into[place]`, a view of doubles as words. */
  copyTo(at: number, into: Uint32Array, place: number): void {
    into[place * 2] = this.#words[at * 2]!;
    into[place * 2 + 1] = this.#words[at * 2 + 1]!;
  }

  equalBits(a: number, b: number): boolean {
    return this.#words[a * 2] === this.#words[b * 2] && this.#words[a * 2 + 1] === this.#words[b * 2 + 1];
  }

  /** Takes back everything from `length` on. */
  truncate(length: number): void {
    this.length = length;
  }

  #next(time: number): number {
    if (this.length === this.times.length) {
      const times = new Float64Array(this.length * 2);
      times.set(this.times);
      this.times = times;
      const words = new Uint32Array(this.length * 4);
      words.set(this.#words);
      this.#words = words;
      this.#values = new Float64Array(words.buffer);
    }
    this.times[this.length] = time;
    return this.length++;
  }
}

/** Prometheus' stale marker: the series ends here. */
export const STALE_LOW = 0x00000002;
export const STALE_HIGH = 0x7ff00000;
