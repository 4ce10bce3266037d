/** @param byte undefined: behind the end */
export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

/** A number of exactly `count` digits at `at`, or -1. */
export function digits(bytes: Uint8Array, at: number, count: number, to: number): number {
  if (at + count > to) return -1;
  let value = 0;
  for (let i = at; i < at + count; i++) {
    if (!isDigit(bytes[i])) return -1;
    value = value * 10 + bytes[i]! - 48;
  }
  return value;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The month whose first three letters stand at `at`, 0 to 11, or -1. */
export function monthAt(bytes: Uint8Array, at: number): number {
  return MONTHS.indexOf(String.fromCharCode(bytes[at]! | 32, bytes[at + 1]! | 32, bytes[at + 2]! | 32));
}
