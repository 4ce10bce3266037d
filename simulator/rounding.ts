/** Digits that VictoriaMetrics keeps of a value standing alone: its conversion to decimal stops at 1e12. */
const OWN = 1e-12;
/** And of values standing in one block: they share an exponent, and the largest fills 18 digits. */
const BESIDE = 2e-17;

/** Whether a value that came back is the one written, but for that rounding. `largest`: of the values of its series, by size. */
export function isRounded(written: number, found: number, largest: number): boolean {
  if (!Number.isFinite(written)) return Object.is(written, found);
  return Math.abs(written - found) <= Math.abs(written) * OWN + largest * BESIDE;
}

/** The largest finite value by size. */
export function largestOf(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}
