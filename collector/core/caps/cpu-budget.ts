/** What may be saved up, s of CPU: the start and a burst of lines are no flood. */
const SAVED_S = 2;
/** Longer than this nobody waits at once: rotation and levels are looked at in between. */
const MOST_WAIT_MS = 1_000;
/** Of the cap: reading is held at the cap itself, so only what is above it with some slack is too much of all else. */
const OVER = 1.15;
const WELL_BELOW = 0.7;

/**
 * The share of one core that the collector may take. Files are read on only when there is budget: what is not read yet is on the disk, and
 * nothing is lost by waiting. Only where that is not enough are lines left out.
 */
export class CpuBudget {
  readonly #share: number;
  readonly #cpuSeconds: () => number;
  readonly #mono: () => number;
  #spent: number;
  #at: number;
  #saved = SAVED_S;
  #looked: { cpu: number; at: number };

  /** @param share of one core, 0.25 for a quarter @param cpuSeconds of this process since its start @param mono ms */
  constructor(share: number, cpuSeconds: () => number, mono: () => number) {
    this.#share = share;
    this.#cpuSeconds = cpuSeconds;
    this.#mono = mono;
    this.#spent = cpuSeconds();
    this.#at = mono();
    this.#looked = { cpu: this.#spent, at: this.#at };
  }

  /** How long reading has to wait for budget, ms; 0: it may go on. */
  waitMs(): number {
    const cpu = this.#cpuSeconds();
    const now = this.#mono();
    this.#saved = Math.min(SAVED_S, this.#saved + ((now - this.#at) / 1_000) * this.#share - (cpu - this.#spent));
    this.#spent = cpu;
    this.#at = now;
    return this.#saved >= 0 ? 0 : Math.min(MOST_WAIT_MS, Math.ceil((-this.#saved / this.#share) * 1_000));
  }

  /** How the time since the last look compares with the cap. */
  look(): { readonly share: number; readonly found: 'over' | 'within' | 'well below' } {
    const cpu = this.#cpuSeconds();
    const at = this.#mono();
    const share = (cpu - this.#looked.cpu) / Math.max(1, at - this.#looked.at) / 1e-3;
    this.#looked = { cpu, at };
    return {
      share,
      found: share > this.#share * OVER ? 'over' : share < this.#share * WELL_BELOW ? 'well below' : 'within',
    };
  }
}
