/**
 * Doubles as decimal integers: v = m / 10^e, exactly. Both sides of the wire compute the exponent of a base value by the
 * same double arithmetic (IEEE 754, round to nearest), so it need not be sent.
 */
export const MAX_EXPONENT = 12;
/** Not a decimal: NaN, an infinity, -0, an integer past 2^53, more than 12 places. Moves as raw bits. */
export const RAW = 15;

export const POWERS: Float64Array = new Float64Array(MAX_EXPONENT + 1);
for (let e = 0; e <= MAX_EXPONENT; e++) POWERS[e] = Number(`1e${e}`);

const LIMIT = Number.MAX_SAFE_INTEGER;

/** Whether m = floor(v * 10^e + 0.5) gives v back by one division. */
export function isExact(value: number, exponent: number): boolean {
  if (exponent === 0) {
    return value === Math.floor(value) && value <= LIMIT && value >= -LIMIT && (value !== 0 || 1 / value > 0);
  }
  const product = value * POWERS[exponent]!;
  const whole = Math.floor(product + 0.5);
  return whole <= LIMIT && whole >= -LIMIT && (value !== 0 || 1 / value > 0) && whole / POWERS[exponent]! === value;
}

/** The integer of a value that is exact at this exponent. */
export function scaled(value: number, exponent: number): number {
  return exponent === 0 ? value : Math.floor(value * POWERS[exponent]! + 0.5);
}

/** The smallest exponent from 0 to 12 at which the value is exact, or RAW. */
export function smallestExponent(value: number): number {
  if (value === Math.floor(value)) return isExact(value, 0) ? 0 : RAW;
  for (let e = 1; e <= MAX_EXPONENT; e++) {
    const product = value * POWERS[e]!;
    const whole = Math.floor(product + 0.5);
    if (!(whole <= LIMIT && whole >= -LIMIT)) return RAW;
    // A division costs ten times what this costs, and most candidates fail here.
    const off = product - whole;
    const near = (whole < 0 ? -whole : whole) * 4.5e-16;
    if (off <= near && off >= -near && whole / POWERS[e]! === value && whole !== 0) return e;
  }
  return RAW;
}
