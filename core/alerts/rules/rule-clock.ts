import type { Clock } from '../../../lib/clock.ts';

/** Samples that are no older count as fresh; a clock that steps by more is doubted first. ms. */
export const FRESH_MS = 90_000;
/** What a clock gains or loses between two looks and is still thought to run. */
const RUNS_MS = 1_000;
/** Alerts' time comes back to the clock by so much of the time that goes by. */
const SLEW = 0.1;
/** Where no sample says anything about either clock, the new one is believed after this. */
const SILENT_MS = 3_600_000;

/** The clock stepped, and it is not known yet which time the samples go by. ms since the epoch. */
export interface ClockDoubt {
  /** What rules go by meanwhile. */
  readonly before: number;
  readonly now: number;
}

/**
 * The time that rules are evaluated at, and the time that alerts are judged by.
 *
 * A clock that steps (somebody sets it, it is put right, the machine slept) must neither fire nor resolve anything by itself:
 * - rules go on at the time they had until fresh samples say that the data go by the new one (`decide`);
 * - `for` and `keep_firing_for` are judged by a time that never steps: it comes back to the clock a tenth of the time that goes by.
 */
export class RuleClock {
  readonly #clock: Clock;
  /** Wall time less monotonic time, as rules have it. */
  #offset: number;
  /** How far alerts' time is behind that of rules. */
  #behind = 0;
  #looked: number;
  #doubtSince: number | null = null;

  /** @param newest time in the alerts that are there already: a clock set back while nobody ran must not make them younger */
  constructor(clock: Clock, newest = 0) {
    this.#clock = clock;
    this.#looked = clock.mono();
    this.#offset = clock.now() - this.#looked;
    this.#behind = Math.min(0, clock.now() - newest);
  }

  /** ms since the epoch, whole. */
  now(): number {
    return Math.floor(this.#clock.mono() + this.#offset);
  }

  /** What alerts have as the time of an evaluation at `time`. Whole ms. */
  alertTime(time: number): number {
    return Math.round(time - this.#behind);
  }

  /** Null: the clock runs as it should. */
  get doubt(): ClockDoubt | null {
    if (this.#doubtSince === null) return null;
    return { before: this.now(), now: Math.floor(this.#clock.now()) };
  }

  /** Looks at the clock; to be called each second or so. True: rules' time is another one now. */
  look(): boolean {
    const mono = this.#clock.mono();
    this.#slew(mono - this.#looked);
    this.#looked = mono;
    const step = this.#clock.now() - mono - this.#offset;
    if (Math.abs(step) >= FRESH_MS) {
      this.#doubtSince ??= mono;
      return false;
    }
    this.#doubtSince = null;
    if (Math.abs(step) < RUNS_MS) {
      this.#offset += step;
      return false;
    }
    this.#adopt(step);
    return true;
  }

  /**
   * @param fresh how many series have a fresh sample at the time before, and now
   * @returns true: rules' time is the clock's from now on
   */
  decide(fresh: { readonly before: number; readonly now: number }): boolean {
    if (this.#doubtSince === null) return false;
    const mono = this.#clock.mono();
    const step = this.#clock.now() - mono - this.#offset;
    const silent = fresh.before === 0 && fresh.now === 0;
    // Forward: samples of a time that has not come yet by the old clock are those of hosts that go by the new one; one host whose clock is wrong is not enough.
    // Backward: of that time there are samples anyway. What tells is that no more come by the old clock.
    const follows =
      step > 0 ? fresh.now > 0 && fresh.now * 2 >= fresh.before : fresh.now > 0 && fresh.before * 2 < fresh.now;
    if (!follows && !(silent && mono - this.#doubtSince >= SILENT_MS)) return false;
    this.#doubtSince = null;
    this.#adopt(step);
    return true;
  }

  #adopt(step: number): void {
    this.#offset += step;
    this.#behind += step;
  }

  #slew(passed: number): void {
    const back = Math.min(Math.abs(this.#behind), passed * SLEW);
    this.#behind -= Math.sign(this.#behind) * back;
  }
}
