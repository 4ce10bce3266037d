import { FillTrouble } from './trouble.ts';

/** Steps that all templates of a rule may take together in one evaluation. */
const MOST_STEPS = 5_000_000;
/** Others wait no longer for a turn than this and what one step takes, ms. */
const A_TURN_MS = 10;
/** The clock is asked each so many steps. */
const LOOK_EACH = 256;

/** What filling in the templates of one evaluation may take, over all its alerts. */
export class FillBudget {
  readonly #mono: () => number;
  readonly #breathe: () => Promise<unknown>;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  #turnEnds: number;
  #steps = 0;
  #spent: string | null = null;
  /** Whether others should have a turn. */
  tired = false;

  /** @param mono ms on a clock that never steps @param breathe lets others have a turn */
  constructor(mono: () => number, breathe: () => Promise<unknown>, timeoutMs: number) {
    this.#mono = mono;
    this.#breathe = breathe;
    this.#timeoutMs = timeoutMs;
    this.#deadline = mono() + timeoutMs;
    this.#turnEnds = mono() + A_TURN_MS;
  }

  /** @throws FillTrouble when no more may be filled in */
  step(): void {
    if (++this.#steps > MOST_STEPS) this.#spent ??= `the templates of the rule took more than ${MOST_STEPS} steps`;
    if (this.#steps % LOOK_EACH === 0) this.look();
    if (this.#spent !== null) throw new FillTrouble(this.#spent);
  }

  look(): void {
    const now = this.#mono();
    if (now > this.#deadline) this.#spent ??= `the templates of the rule took longer than ${this.#timeoutMs} ms`;
    if (now > this.#turnEnds) this.tired = true;
  }

  async rest(): Promise<void> {
    await this.#breathe();
    this.tired = false;
    this.#turnEnds = this.#mono() + A_TURN_MS;
  }
}
