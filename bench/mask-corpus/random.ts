/** A whole number below another, from 0. */
export type Random = (below: number) => number;

export const DIGITS = '0123456789';
export const HEX = '0123456789abcdef';
export const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
export const BASE62 = CAPITALS + LETTERS + DIGITS;

export function pick<T>(from: readonly T[], random: Random): T {
  return from[random(from.length)]!;
}

export function characters(alphabet: string, count: number, random: Random): string {
  return Array.from({ length: count }, () => alphabet[random(alphabet.length)]!).join('');
}

export function digits(count: number, random: Random): string {
  return characters(DIGITS, count, random);
}

/** The check digit behind these (ISO/IEC 7812-1, annex B). */
export function luhnDigit(payload: string): string {
  let sum = 0;
  for (let i = 0; i < payload.length; i++) {
    const digit = Number(payload.at(-1 - i));
    sum += i % 2 === 0 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return String((10 - (sum % 10)) % 10);
}
