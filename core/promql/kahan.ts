/**
 * Compensated summation (Kahan's, with Neumaier's improvement), as Prometheus sums: the rounding error of each addition is kept
 * and added at the end.
 */
export class CompensatedSum {
  sum = 0;
  correction = 0;

  reset(sum = 0, correction = 0): void {
    this.sum = sum;
    this.correction = correction;
  }

  add(value: number): void {
    const total = this.sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) this.correction = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.correction += this.sum - total + value;
    else this.correction += value - total + this.sum;
    this.sum = total;
  }

  total(): number {
    return isInfinite(this.sum) ? this.sum : this.sum + this.correction;
  }
}

/** A mean that sums while the sum does not overflow, and goes on as a running mean when it does. */
export class CompensatedMean {
  readonly #sum = new CompensatedSum();
  #count = 0;
  #running = false;

  reset(): void {
    this.#sum.reset();
    this.#count = 0;
    this.#running = false;
  }

  add(value: number): void {
    const sum = this.#sum;
    this.#count++;
    if (!this.#running) {
      const { sum: before, correction } = sum;
      sum.add(value);
      if (this.#count === 1 || !isInfinite(sum.sum)) return;
      this.#running = true;
      sum.reset(before / (this.#count - 1), correction / (this.#count - 1));
    }
    if (isInfinite(sum.sum)) {
      // An infinite mean stays as it is, unless the value is the other infinity or NaN.
      if (Number.isFinite(value) || value === sum.sum) return;
    }
    const mean = sum.sum + sum.correction;
    sum.add(value / this.#count - mean / this.#count);
  }

  mean(): number {
    if (this.#running) return this.#sum.sum + this.#sum.correction;
    return this.#sum.sum / this.#count + this.#sum.correction / this.#count;
  }
}

export function isInfinite(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}
