const LEAST_SLOTS = 16;
/** A sweep that finds a series so old drops it: it was not asked about since two sweeps ago at least. */
const OLD = 3;

/** The scopes of a series; as many for each. */
export const SCOPES = 3;

/** Series by their 64-bit hash in an open table: 21 bytes a slot, filled to seven tenths at most. */
export class AdmittedShard {
  #high = new Uint32Array(LEAST_SLOTS);
  #low = new Uint32Array(LEAST_SLOTS);
  #scopes = new Uint32Array(LEAST_SLOTS * SCOPES);
  /** 0: the slot is empty; else sweeps since the series was asked about last, and one. */
  #age = new Uint8Array(LEAST_SLOTS);
  size = 0;

  /** Where a series stands; -1: nowhere. Good until the next `add`, `remove` or `sweep`. */
  find(high: number, low: number): number {
    const mask = this.#age.length - 1;
    for (let at = low & mask; this.#age[at] !== 0; at = (at + 1) & mask) {
      if (this.#low[at] === low && this.#high[at] === high) return at;
    }
    return -1;
  }

  /** It was asked about. */
  touch(at: number): void {
    this.#age[at] = 1;
  }

  scope(at: number, which: number): number {
    return this.#scopes[at * SCOPES + which]!;
  }

  /** One that is not in it. */
  add(high: number, low: number, scopes: ArrayLike<number>): void {
    if ((this.size + 1) * 10 > this.#age.length * 7) this.#rebuild(this.#age.length * 2, null);
    this.#place(high, low, scopes, 0, 1);
    this.size++;
  }

  remove(at: number): void {
    const mask = this.#age.length - 1;
    let hole = at;
    this.#age[hole] = 0;
    this.size--;
    // Who stands behind the hole, and would have stood in it or before it, moves up.
    for (let next = (hole + 1) & mask; this.#age[next] !== 0; next = (next + 1) & mask) {
      const home = this.#low[next]! & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      this.#low[hole] = this.#low[next]!;
      this.#high[hole] = this.#high[next]!;
      this.#scopes.copyWithin(hole * SCOPES, next * SCOPES, (next + 1) * SCOPES);
      this.#age[hole] = this.#age[next]!;
      this.#age[next] = 0;
      hole = next;
    }
  }

  /** All become older; those that nobody asked about for long go. @param left is told each of their scopes */
  sweep(left: (which: number, scope: number) => void): void {
    let stay = 0;
    for (const age of this.#age) if (age !== 0 && age < OLD) stay++;
    let slots = LEAST_SLOTS;
    while (stay * 2 > slots) slots *= 2;
    this.#rebuild(slots, left);
  }

  get bytes(): number {
    return this.#age.length * (9 + 4 * SCOPES);
  }

  /** @param left given for a sweep: what is old goes, the rest grows older */
  #rebuild(slots: number, left: ((which: number, scope: number) => void) | null): void {
    const [high, low, scopes, ages] = [this.#high, this.#low, this.#scopes, this.#age];
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#scopes = new Uint32Array(slots * SCOPES);
    this.#age = new Uint8Array(slots);
    for (let at = 0; at < ages.length; at++) {
      const age = ages[at]!;
      if (age === 0) continue;
      if (left && age >= OLD) {
        this.size--;
        for (let which = 0; which < SCOPES; which++) left(which, scopes[at * SCOPES + which]!);
      } else this.#place(high[at]!, low[at]!, scopes, at * SCOPES, left ? age + 1 : age);
    }
  }

  #place(high: number, low: number, scopes: ArrayLike<number>, from: number, age: number): void {
    const mask = this.#age.length - 1;
    let at = low & mask;
    while (this.#age[at] !== 0) at = (at + 1) & mask;
    this.#high[at] = high;
    this.#low[at] = low;
    for (let which = 0; which < SCOPES; which++) this.#scopes[at * SCOPES + which] = scopes[from + which]!;
    this.#age[at] = age;
  }
}
