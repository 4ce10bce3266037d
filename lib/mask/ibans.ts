import { candidatesOf, eachStretch } from './candidates.ts';
import { isAlphanumeric, isCapital, isDigit, isWord, tableOf } from './characters.ts';
import type { Cover } from './cover.ts';
import { isFreeBefore } from './escapes.ts';
import type { Mask } from './mask.ts';

const SPACE = 32;
const SHORTEST = 15;
/** Characters of the country and the check digits. */
const HEAD = 4;

/** Characters of an account number by country (ISO 13616, SWIFT's registry). */
const LENGTHS = new Map<string, number>(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 ' +
    'GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ' +
    'ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ' +
    'ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const PREFILTER = {
  parts: tableOf((byte) => isCapital(byte) || isDigit(byte) || byte === SPACE),
  least: SHORTEST,
};

/** International bank account numbers, together or in groups with single spaces, in capitals: country, length and check digits (ISO 7064, MOD 97-10) are right. */
export function ibanMask(cover: Cover): Mask {
  return {
    name: 'iban',
    shortest: SHORTEST,
    prefilter: PREFILTER,
    cover(bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) {
      return eachStretch(PREFILTER, candidates, bytes, from, to, (start, end) => {
        let covered = 0;
        for (let i = start; i + SHORTEST <= end; i++) {
          const after = ibanEnd(bytes, i, end);
          if (after < 0 || !isFreeBefore(bytes, from, i) || (after < to && isWord(bytes[after]!))) continue;
          cover(bytes, i, after);
          covered++;
          i = after - 1;
        }
        return covered;
      });
    },
  };
}

/** Where the number that begins at `from` ends; -1 if none does. */
function ibanEnd(bytes: Uint8Array, from: number, to: number): number {
  if (!isCapital(bytes[from]!) || !isCapital(bytes[from + 1]!)) return -1;
  if (!isDigit(bytes[from + 2]!) || !isDigit(bytes[from + 3]!)) return -1;
  const length = LENGTHS.get(String.fromCharCode(bytes[from]!, bytes[from + 1]!));
  if (length === undefined) return -1;
  let count = 0;
  let at = from;
  let rest = 0;
  while (at < to && count < length) {
    const byte = bytes[at]!;
    if (isAlphanumeric(byte)) {
      // The first four stand behind the others in the number that is checked.
      if (count++ >= HEAD) rest = appended(rest, byte);
    }
    // One space, and something behind it.
    else if (bytes[at - 1] === SPACE) return -1;
    at++;
  }
  if (count < length) return -1;
  for (let i = from; i < from + HEAD; i++) rest = appended(rest, bytes[i]!);
  return rest === 1 ? at : -1;
}

/** The rest by 97 of a number with one more character behind it: A is 10, B 11 ... */
function appended(rest: number, byte: number): number {
  return isDigit(byte) ? (rest * 10 + byte - 48) % 97 : (rest * 100 + byte - 55) % 97;
}
