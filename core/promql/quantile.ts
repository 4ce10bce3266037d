/** The quantile of values by linear interpolation between ranks. Sorts `values` in place, NaN first, as Prometheus does. */
export function quantileOf(quantile: number, values: number[]): number {
  if (values.length === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  values.sort(nanFirst);
  const count = values.length;
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  // Between no two values, so that an infinite neighbour does not make it NaN.
  if (weight === 0) return values[lower]!;
  return values[lower]! * (1 - weight) + values[upper]! * weight;
}

function nanFirst(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
