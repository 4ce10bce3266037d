import { digits, luhnDigit, type Random } from './random.ts';

/** What schemes issue: first digits and lengths, from their own ranges and not from the mask's table. */
const SCHEMES: readonly (readonly [scheme: string, first: readonly string[], lengths: readonly number[]])[] = [
  ['Visa', ['4', '4026', '4917'], [13, 16, 19]],
  ['Mastercard', ['51', '52', '53', '54', '55', '2221', '2300', '2500', '2699', '2720'], [16]],
  ['American Express', ['34', '37'], [15]],
  ['Diners Club', ['300', '305', '3095', '36', '38', '39'], [14, 16]],
  ['Discover', ['6011', '644', '649', '65', '622126', '622925'], [16, 19]],
  ['JCB', ['3528', '3540', '3589'], [16]],
  ['UnionPay', ['62', '620', '6282', '81'], [16, 17, 18, 19]],
  ['Maestro', ['5018', '5020', '5038', '5893', '6304', '6759', '6761', '6763'], [13, 16, 18, 19]],
  ['Mir', ['2200', '2204'], [16]],
  ['RuPay', ['60', '6521', '82', '508'], [16]],
  ['Troy', ['9792', '65'], [16]],
  ['Elo', ['4011', '4389', '5041', '5067', '6277', '6362', '6504', '6516'], [16]],
  ['Hipercard', ['606282'], [16]],
  ['Verve', ['5060', '5061', '5078', '6500'], [16, 18, 19]],
  ['Dankort', ['5019', '4571'], [16]],
];

export interface WrittenCard {
  /** Scheme, length and way of writing. */
  readonly what: string;
  readonly number: string;
  readonly groupedBySpace: boolean;
}

/** One number of every scheme, range and length, written in each way that people and programs write it. */
export function* cardNumbers(random: Random): Generator<WrittenCard> {
  for (const [scheme, ranges, lengths] of SCHEMES) {
    for (const first of ranges) {
      for (const length of lengths) {
        const payload = first + digits(length - 1 - first.length, random);
        const plain = payload + luhnDigit(payload);
        for (const [way, separator] of WAYS) {
          const number = separator === '' ? plain : groupsOf(plain).join(separator);
          yield { what: `${scheme} ${length}, ${way}`, number, groupedBySpace: separator === ' ' };
        }
      }
    }
  }
}

const WAYS = [
  ['together', ''],
  ['spaces', ' '],
  ['dashes', '-'],
  ['dots', '.'],
  ['no-break spaces', '\u00a0'],
  ['narrow no-break spaces', '\u202f'],
  ['no-break hyphens', '\u2011'],
  ['en dashes', '\u2013'],
  ['spaces of a form', '+'],
  ['encoded spaces', '%20'],
] as const;

/** As they are embossed: American Express 4-6-5, Diners Club 4-6-4, all others in fours. */
function groupsOf(number: string): string[] {
  const sizes = number.length === 15 ? [4, 6, 5] : number.length === 14 ? [4, 6, 4] : [4, 4, 4, 4, 4];
  const groups: string[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at < number.length) groups.push(number.slice(at, at + size));
    at += size;
  }
  return groups;
}
