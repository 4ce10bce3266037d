import type { Clock } from '../../../lib/clock.ts';
import { RuleClock } from '../rules/rule-clock.ts';

/** One instant, ms since the epoch: by the clock, and by a time that never steps. */
export interface LineInstant {
  readonly wall: number;
  readonly steady: number;
}

/** The times that rules over log lines go by: lines are counted by the clock; `for` and what is absent by a time that comes back slowly to a clock that stepped. */
export class LineClock {
  readonly #clock: Clock;
  readonly #steady: RuleClock;

  /** @param newest time in the alerts that are there already */
  constructor(clock: Clock, newest = 0) {
    this.#clock = clock;
    this.#steady = new RuleClock(clock, newest);
  }

  /** To be called each second or so. */
  now(): LineInstant {
    this.#steady.look();
    // Lines carry their own times: the clock is believed at once, and only ages are not judged by it.
    if (this.#steady.doubt) this.#steady.decide({ before: 0, now: 1 });
    return { wall: this.#clock.now(), steady: this.#steady.alertTime(this.#steady.now()) };
  }
}

/** When a line is from on the steady time: as old as the one of two clocks has it by which it is younger. */
export function steadyTimeOf(time: number, { wall, steady }: LineInstant): number {
  return Math.min(steady, Math.max(time, steady - Math.max(0, wall - time)));
}
