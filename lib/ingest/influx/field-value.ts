/** The largest and smallest whole numbers of 64 bits. */
const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);
const LARGEST_UNSIGNED = 2n ** 64n - 1n;
/** Shorter ones need no look at their size. */
const SURE_DIGITS = 18;

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const WHOLE = /^[+-]?\d+$/;
const BOOLEANS: Readonly<Record<string, number>> = {
  t: 1,
  T: 1,
  true: 1,
  True: 1,
  TRUE: 1,
  f: 0,
  F: 0,
  false: 0,
  False: 0,
  FALSE: 0,
};

/**
 * The number of a field's value that is no text: a float, an integer (12i), an unsigned one (12u), or a boolean as 1 or 0. Whole numbers beyond
 * 2^53 lose their last digits, as all samples are doubles. NaN: it is none of these, or more than 64 bits.
 */
export function fieldNumber(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  if (last >= 48 && last <= 57) return FLOAT.test(text) ? finite(Number(text)) : Number.NaN;
  if (last === 105) return whole(text.slice(0, -1), SMALLEST, LARGEST);
  if (last === 117) return whole(text.slice(0, -1), 0n, LARGEST_UNSIGNED);
  if (Object.hasOwn(BOOLEANS, text)) return BOOLEANS[text]!;
  return FLOAT.test(text) ? finite(Number(text)) : Number.NaN;
}

function whole(text: string, smallest: bigint, largest: bigint): number {
  if (!WHOLE.test(text)) return Number.NaN;
  if (text.length <= SURE_DIGITS && smallest < 0n) return Number(text);
  const number = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return number < smallest || number > largest ? Number.NaN : Number(number);
}

function finite(number: number): number {
  return Number.isFinite(number) ? number : Number.NaN;
}
