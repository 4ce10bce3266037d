/** A sum and what rounding took from it: Kahan's, with Neumaier's improvement, as Prometheus sums. */
export interface Compensated {
  sum: number;
  correction: number;
}

export function startSum(): Compensated {
  return { sum: 0, correction: 0 };
}

export function addTo(state: Compensated, value: number): void {
  const total = state.sum + value;
  if (!Number.isFinite(total)) state.correction = 0;
  else if (Math.abs(state.sum) >= Math.abs(value)) state.correction += state.sum - total + value;
  else state.correction += value - total + state.sum;
  state.sum = total;
}

export function sumOf({ sum, correction }: Compensated): number {
  return Number.isFinite(sum) ? sum + correction : sum;
}
