import { createHash } from 'node:crypto';

/**
 * When a group is evaluated: at multiples of its interval, moved by what follows from its name, so that not all groups come at once and each comes at
 * the same instants after a restart.
 */
export class Due {
  readonly intervalMs: number;
  readonly #shift: number;
  /** The instant of the last evaluation, or before which there is none. */
  #last: number;

  constructor(key: string, intervalMs: number, now: number) {
    this.intervalMs = intervalMs;
    this.#shift = createHash('sha256').update(key).digest().readUIntBE(0, 6) % intervalMs;
    this.#last = this.#aligned(now);
  }

  /** ms since the epoch */
  get next(): number {
    return this.#last + this.intervalMs;
  }

  /** The newest instant that is due, and how many before it were missed; null: none is. */
  take(now: number): { time: number; missed: number } | null {
    if (now < this.next) return null;
    const time = this.#aligned(now);
    const missed = Math.round((time - this.#last) / this.intervalMs) - 1;
    this.#last = time;
    return { time, missed };
  }

  /** It is another time now: what lies between was neither due nor missed. */
  moveTo(now: number): void {
    this.#last = this.#aligned(now);
  }

  #aligned(now: number): number {
    const base = now - this.#shift;
    return base - (((base % this.intervalMs) + this.intervalMs) % this.intervalMs) + this.#shift;
  }
}
