const RANGE = 2 ** 32;

interface Known {
  raw: number;
  offset: number;
  round: number;
}

/**
 * Counters of 32 bits that go on where the device's begin again at zero: a gigabit port passes 2^32 octets every half minute, and whoever takes a rate would lose
 * up to that much each time. A fall is a wrap if the way over the top is shorter than half the range; any other is a reset and given as it is, which rates
 * understand. Doubles hold the sums exactly up to 2^53.
 */
export class Counters {
  readonly #known = new Map<string, Known>();
  #round = 0;
  /** Wraps seen. */
  wraps = 0;

  /** @param key of the series: its labels too, so that an interface that got another's number is another counter */
  continued(key: string, raw: number): number {
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, { raw, offset: 0, round: this.#round });
      return raw;
    }
    if (raw < known.raw) {
      const wrapped = RANGE - known.raw + raw < RANGE / 2;
      if (wrapped) this.wraps++;
      known.offset = wrapped ? known.offset + RANGE : 0;
    }
    known.raw = raw;
    known.round = this.#round;
    return known.offset + raw;
  }

  /** A whole poll is over: counters that it had not are forgotten. */
  complete(): void {
    for (const [key, { round }] of this.#known) if (round !== this.#round) this.#known.delete(key);
    this.#round++;
  }

  /** The device restarted: its counters began anew. */
  clear(): void {
    this.#known.clear();
  }
}
