/** First digits (as a range of equally long numbers) and lengths of the card schemes. */
const SCHEMES: readonly (readonly [from: number, to: number, lengths: readonly number[]])[] = [
  [4, 4, [13, 16, 19]], // Visa
  [51, 55, [16]], // Mastercard
  [2221, 2720, [16]],
  [34, 34, [15]], // American Express
  [37, 37, [15]],
  [300, 305, [14, 16, 17, 18, 19]], // Diners Club
  [3095, 3095, [14, 16, 17, 18, 19]],
  [36, 36, [14, 16, 17, 18, 19]],
  [38, 39, [14, 16, 17, 18, 19]],
  [3528, 3589, [16, 17, 18, 19]], // JCB
  [6011, 6011, [16, 17, 18, 19]], // Discover
  [644, 649, [16, 17, 18, 19]],
  [65, 65, [16, 17, 18, 19]],
  [62, 62, [16, 17, 18, 19]], // UnionPay
  [81, 82, [16, 17, 18, 19]], // UnionPay, RuPay
  [60, 60, [16]], // RuPay
  [50, 50, [13, 14, 15, 16, 17, 18, 19]], // Maestro, Verve, Dankort, Elo
  [56, 58, [13, 14, 15, 16, 17, 18, 19]],
  [63, 63, [13, 14, 15, 16, 17, 18, 19]],
  [67, 67, [13, 14, 15, 16, 17, 18, 19]],
  [2200, 2204, [16, 17, 18, 19]], // Mir
  [9792, 9792, [16]], // Troy
];

/** For each first four digits, a bit for each length (bit n: n digits). Filled once. */
const BY_PREFIX = new Uint32Array(10_000);
for (const [from, to, lengths] of SCHEMES) {
  const scale = 10 ** (4 - String(from).length);
  let bits = 0;
  for (const length of lengths) bits |= 1 << length;
  for (let prefix = from * scale; prefix < (to + 1) * scale; prefix++) BY_PREFIX[prefix] = BY_PREFIX[prefix]! | bits;
}

/** Can a card number begin with these four digits and have so many? */
export function isIssued(firstFour: number, length: number): boolean {
  return (BY_PREFIX[firstFour]! & (1 << length)) !== 0;
}
