/** Names told apart; the rest is counted together, so that counting a flood does not become one. */
const MOST_NAMES = 50;
export const OTHERS = 'others';

/** Samples of series above the cap, by metric. */
export class Capped {
  readonly byMetric: ReadonlyMap<string, number>;
  readonly #byMetric = new Map<string, number>();

  constructor() {
    this.byMetric = this.#byMetric;
  }

  count(metric: string): void {
    const name = this.#byMetric.has(metric) || this.#byMetric.size < MOST_NAMES ? metric : OTHERS;
    this.#byMetric.set(name, (this.#byMetric.get(name) ?? 0) + 1);
  }
}
