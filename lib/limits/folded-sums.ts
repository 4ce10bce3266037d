/** Instants of a target that are remembered, and targets; the oldest go first. */
const INSTANTS = 64;
const TARGETS = 50_000;

/**
 * Sums of what folds into overflow series, by instant. A host's series of one instant come in several requests, and of a
 * series and instant the last value written stands: so each is the sum of all so far.
 */
export class FoldedSums {
  readonly #targets = new Map<string, Map<number, number>>();

  /** @returns the sum of the instant with this value */
  add(target: string, time: number, value: number): number {
    let instants = this.#targets.get(target);
    if (!instants) {
      if (this.#targets.size >= TARGETS) this.#targets.delete(this.#targets.keys().next().value!);
      instants = new Map();
      this.#targets.set(target, instants);
    }
    const before = instants.get(time);
    if (before === undefined && instants.size >= INSTANTS) instants.delete(instants.keys().next().value!);
    const sum = (before ?? 0) + value;
    instants.set(time, sum);
    return sum;
  }

  /** It was not stored after all. */
  takeBack(target: string, time: number, value: number): void {
    const instants = this.#targets.get(target);
    const sum = instants?.get(time);
    if (instants && sum !== undefined) instants.set(time, sum - value);
  }
}
