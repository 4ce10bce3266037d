/** Units of timestamps, as the query's `precision` names them. */
export type Precision = 'ns' | 'us' | 'ms' | 's' | 'm' | 'h';

/** What clients of both versions of the API write; none means nanoseconds. */
const WORDS: Readonly<Record<string, Precision>> = {
  '': 'ns',
  n: 'ns',
  ns: 'ns',
  u: 'us',
  us: 'us',
  µ: 'us',
  µs: 'us',
  ms: 'ms',
  s: 's',
  m: 'm',
  h: 'h',
};

/** Digits behind the milliseconds. */
const DIGITS: Readonly<Partial<Record<Precision, number>>> = { ns: 6, us: 3 };
const FACTORS: Readonly<Record<Precision, number>> = { ns: 1, us: 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** null: there is no such precision. */
export function precisionOf(word: string): Precision | null {
  return Object.hasOwn(WORDS, word) ? WORDS[word]! : null;
}

/** ms since the epoch, the earlier one for what lies between two; NaN: no timestamp. */
export function timestampMs(text: string, precision: Precision): number {
  if (!/^[+-]?\d{1,19}$/.test(text)) return Number.NaN;
  const digits = DIGITS[precision] ?? 0;
  if (digits === 0) return Number(text) * FACTORS[precision];
  // As a text: nanoseconds of today are more than a double holds.
  if (text.startsWith('-')) return Math.floor(Number(text) / 10 ** digits);
  return text.length > digits ? Number(text.slice(0, -digits)) : 0;
}
