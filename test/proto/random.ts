/** Repeatable random numbers for tests; a failing run prints its seed, and HELIOGRAPH_SEED brings it back. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits (mulberry32). */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor((this.bits() / 2 ** 32) * end);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

export const LONG: boolean = process.env.HELIOGRAPH_LONG === '1';

/** Seeds of a run: HELIOGRAPH_SEED alone, or fixed ones and some of this very run. */
export function seeds(count: number): number[] {
  const given = process.env.HELIOGRAPH_SEED;
  if (given !== undefined) return [Number(given)];
  const total = LONG ? count * 20 : count;
  const fresh = Date.now() >>> 0;
  return Array.from({ length: total }, (_, i) => (i < count / 2 ? i + 1 : (fresh + i * 7919) >>> 0));
}
