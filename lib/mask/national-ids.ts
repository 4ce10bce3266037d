import { candidatesOf, eachStretch } from './candidates.ts';
import { isAlphanumeric, isCapital, isDigit, isWord, tableOf } from './characters.ts';
import type { Cover } from './cover.ts';
import { behindEscape, isFreeBefore } from './escapes.ts';
import type { Mask } from './mask.ts';

const SHORTEST = 9;
const DASH = 45;
const DOT = 46;
const PLUS = 43;

/** Numbers of people whose form allows a check: a letter or digits that follow from the others, or a date in it. By their length with what joins them. */
const FORMS: readonly { readonly pattern: RegExp; readonly right: (text: string) => boolean }[] = [
  // United States: area, group and serial, none of them zero; no check digit, so only with its dashes.
  { pattern: /^(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}$/, right: () => true },
  // Spain: DNI and NIE.
  { pattern: /^[XYZ\d]\d{7}-?[A-Z]$/, right: isSpanish },
  // Italy: codice fiscale.
  { pattern: /^[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPR-T][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]$/, right: isItalian },
  // Brazil: CPF, with its dots.
  { pattern: /^\d{3}\.\d{3}\.\d{3}-\d\d$/, right: isBrazilian },
  // Sweden: personnummer.
  { pattern: /^(\d\d)?\d\d(0[1-9]|1[0-2])([06][1-9]|[1278]\d|[39][01])[-+]\d{4}$/, right: isSwedish },
  // China: resident identity card.
  { pattern: /^[1-8]\d{5}(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]$/, right: isChinese },
  // United Kingdom: National Insurance number.
  { pattern: /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/, right: () => true },
];

/** No form has small letters. */
const PREFILTER = {
  parts: tableOf((byte) => isCapital(byte) || isDigit(byte) || byte === DASH || byte === DOT || byte === PLUS),
  least: SHORTEST,
};

/** National identification numbers, in one piece or with the dashes and dots that belong to them, in capitals, nothing adjoining. */
export function nationalIdMask(cover: Cover): Mask {
  return {
    name: 'national_id',
    shortest: SHORTEST,
    prefilter: PREFILTER,
    cover(bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) {
      return eachStretch(PREFILTER, candidates, bytes, from, to, (start, after) => {
        let begin = behindEscape(bytes, from, start);
        // What stands behind three dots adjoins nothing; a dot alone may be a part of a name or a number.
        if (bytes[begin] === DOT && bytes[begin + 1] === DOT) while (begin < after && bytes[begin] === DOT) begin++;
        if (!isFreeBefore(bytes, from, begin) || (after < to && isWord(bytes[after]!))) return 0;
        let end = after;
        while (end > begin && !isAlphanumeric(bytes[end - 1]!)) end--;
        if (!isNumber(bytes, begin, end)) return 0;
        cover(bytes, begin, end);
        return 1;
      });
    },
  };
}

function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  if (!mayBe(bytes, from, to - from)) return false;
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return FORMS.some(({ pattern, right }) => pattern.test(text) && right(text));
}

/** By its length, and what stands at a place or two: nearly everything else in a line is told apart by that. */
function mayBe(bytes: Uint8Array, from: number, length: number): boolean {
  switch (length) {
    case 9:
      return isCapital(bytes[from + 8]!);
    case 10:
      return bytes[from + 8] === DASH;
    case 11:
      return bytes[from + 6] === DASH || bytes[from + 6] === PLUS;
    case 13:
      return bytes[from + 8] === DASH || bytes[from + 8] === PLUS;
    case 14:
      return bytes[from + 3] === DOT && bytes[from + 11] === DASH;
    case 16:
      return isCapital(bytes[from]!) && isCapital(bytes[from + 15]!);
    case 18:
      return isDigit(bytes[from + 6]!) && isDigit(bytes[from + 16]!);
    default:
      return false;
  }
}

function isSpanish(text: string): boolean {
  const digits = text.replace('-', '').slice(0, 8).replace('X', '0').replace('Y', '1').replace('Z', '2');
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === text.at(-1);
}

/** Values of characters at odd places; at even ones a letter counts from A = 0, and a digit is itself. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function isItalian(text: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const code = text.charCodeAt(i);
    const value = code < 65 ? code - 48 : code - 65;
    sum += i % 2 === 0 ? ODD[value]! : value;
  }
  return text.charCodeAt(15) - 65 === sum % 26;
}

function isBrazilian(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (/^(\d)\1*$/.test(digits)) return false;
  const check = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Number(digits[i]) * (count + 1 - i);
    return ((sum * 10) % 11) % 10;
  };
  return check(9) === Number(digits[9]) && check(10) === Number(digits[10]);
}

/** Luhn over the last ten digits. */
function isSwedish(text: string): boolean {
  const digits = text.replace(/\D/g, '').slice(-10);
  let sum = 0;
  for (let i = 0; i < 10; i++) {
    const digit = Number(digits[i]) * (i % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

/** ISO 7064, MOD 11-2. */
function isChinese(text: string): boolean {
  let rest = 0;
  for (let i = 0; i < 17; i++) rest = ((rest + Number(text[i])) * 2) % 11;
  const check = (12 - rest) % 11;
  return text[17] === (check === 10 ? 'X' : String(check));
}
