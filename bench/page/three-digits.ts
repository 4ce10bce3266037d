/** A figure with three digits: more of them differ from run to run. */
export function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
