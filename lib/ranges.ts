/** A set of whole numbers kept as ascending closed intervals: small when sequences are nearly dense. Engine-neutral. */
export class Ranges {
  /** Flat pairs: from, to, from, to ... */
  #bounds: number[];

  constructor(pairs: readonly (readonly [number, number])[] = []) {
    this.#bounds = [];
    for (const [from, to] of pairs) this.addRange(from, to);
  }

  get size(): number {
    let count = 0;
    for (let i = 0; i < this.#bounds.length; i += 2) count += this.#bounds[i + 1]! - this.#bounds[i]! + 1;
    return count;
  }

  get intervals(): number {
    return this.#bounds.length / 2;
  }

  /** The least number; NaN: there is none. */
  get first(): number {
    return this.#bounds[0] ?? Number.NaN;
  }

  /** Index (in pairs) of the first interval whose end is >= value. */
  #find(value: number): number {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bounds[middle * 2 + 1]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(value: number): boolean {
    const at = this.#find(value);
    return at * 2 < this.#bounds.length && this.#bounds[at * 2]! <= value;
  }

  /** Adds one number; false if it was there. */
  add(value: number): boolean {
    const bounds = this.#bounds;
    const last = bounds.length - 1;
    if (last > 0 && bounds[last]! === value - 1) {
      bounds[last] = value;
      return true;
    }
    if (this.has(value)) return false;
    this.addRange(value, value);
    return true;
  }

  addRange(from: number, to: number): void {
    if (to < from) return;
    const bounds = this.#bounds;
    const first = this.#find(from - 1);
    let low = from;
    let high = to;
    let after = first;
    while (after * 2 < bounds.length && bounds[after * 2]! <= to + 1) {
      low = Math.min(low, bounds[after * 2]!);
      high = Math.max(high, bounds[after * 2 + 1]!);
      after++;
    }
    bounds.splice(first * 2, (after - first) * 2, low, high);
  }

  pairs(): [number, number][] {
    const out: [number, number][] = [];
    for (let i = 0; i < this.#bounds.length; i += 2) out.push([this.#bounds[i]!, this.#bounds[i + 1]!]);
    return out;
  }

  /** The numbers of [from, to] that are not in the set, as intervals. */
  missing(from: number, to: number): [number, number][] {
    const out: [number, number][] = [];
    let next = from;
    for (let i = this.#find(from) * 2; i < this.#bounds.length && next <= to; i += 2) {
      if (this.#bounds[i]! > next) out.push([next, Math.min(to, this.#bounds[i]! - 1)]);
      next = this.#bounds[i + 1]! + 1;
    }
    if (next <= to) out.push([next, to]);
    return out;
  }
}
