import type { PressureLevel } from '../../../proto/control.ts';
import { LOG_LEVELS } from '../../../proto/desired.ts';

/** How much is left out before it reaches the spool: 0 nothing, 1 debug lines, 2 info lines too, 3 warnings too. Errors never. */
export type Step = 0 | 1 | 2 | 3;
export type ShedCause = 'spool' | 'relay' | 'cpu' | 'memory';

/** Of the spool's cap, from which each step is taken; half of it where the relay asks its hosts to hold back. */
const FILL: readonly number[] = [0, 0.6, 0.75, 0.9];
/** A step is left when the fill is so much below where it was taken. */
const SLACK = 0.05;
/** The lowest level that is kept at each step. */
const KEPT_FROM = [0, LOG_LEVELS.indexOf('info'), LOG_LEVELS.indexOf('warning'), LOG_LEVELS.indexOf('error')] as const;

/**
 * What a collector leaves out so that its caps hold: lines by level, the least important first, and then metrics by a longer interval, before any
 * of them is dropped. The strongest of several causes counts, and gives the reason in the ledger.
 */
export class Shedding {
  readonly #steps: Record<ShedCause, Step> = { spool: 0, relay: 0, cpu: 0, memory: 0 };
  #step: Step = 0;
  #cause: ShedCause = 'spool';

  get step(): Step {
    return this.#step;
  }

  /** As it stands in the ledger. */
  get reason(): string {
    return `shed_${this.#cause}`;
  }

  /** The rank (place in LOG_LEVELS) of the lowest level that is kept. */
  get lowestRank(): number {
    return KEPT_FROM[this.#step];
  }

  /** So many times the interval passes between two collections. */
  get stretch(): number {
    return this.#step < 2 ? 1 : this.#step === 2 ? 2 : 4;
  }

  /** Of a cap that is measured from time to time: over it one step more, well below it one less. */
  measured(cause: 'cpu' | 'memory', found: 'over' | 'within' | 'well below'): void {
    const step = this.#steps[cause];
    if (found === 'over') this.#take(cause, Math.min(3, step + 1) as Step);
    else if (found === 'well below') this.#take(cause, Math.max(0, step - 1) as Step);
  }

  /** @param fill of the spool, 0 to 1 @param relay the highest level of pressure that the relay has told for lines */
  spool(fill: number, relay: PressureLevel): void {
    this.#take('spool', stepAt(fill, 1, this.#steps.spool));
    this.#take('relay', relay === 0 ? 0 : stepAt(fill, 2, this.#steps.relay));
  }

  #take(cause: ShedCause, step: Step): void {
    this.#steps[cause] = step;
    this.#step = 0;
    for (const [name, of] of Object.entries(this.#steps) as [ShedCause, Step][]) {
      if (of <= this.#step) continue;
      this.#step = of;
      this.#cause = name;
    }
  }
}

function stepAt(fill: number, sooner: number, before: Step): Step {
  let step = 0;
  for (let i = 1; i < FILL.length; i++) if (fill * sooner >= FILL[i]! - (i <= before ? SLACK : 0)) step = i;
  return step as Step;
}
