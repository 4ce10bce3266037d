import { candidatesOf, eachTrigger, type Prefilter } from './candidates.ts';
import { hasWord, isAlphanumeric, isCapital, isDigit } from './characters.ts';
import type { Cover } from './cover.ts';
import type { Mask } from './mask.ts';

const QUOTE = 34;
const APOSTROPHE = 39;
const BACKSLASH = 92;
const EQUALS = 61;
const COLON = 58;
const SPACE = 32;
const NEWLINE = 10;
const LONGEST_VALUE = 4096;

/** Ends of keys, without `_`, `-` and `.`, in small letters. */
const ALWAYS = ['password', 'passwd', 'passphrase', 'pwd', 'passwort', 'credential', 'credentials'];
/** What parsers and services also speak of: behind `: ` and without quotes only what looks like a secret. */
const MOSTLY = [
  ...['secret', 'token', 'apikey', 'accesskey', 'secretkey', 'privatekey', 'signingkey', 'encryptionkey', 'accountkey'],
  ...['secretaccesskey', 'authkey', 'sharedkey', 'licensekey', 'sessionkey', 'sessioncookie', 'setcookie'],
];
/** No secrets. */
const PLAIN = [
  'null',
  'none',
  'nil',
  'true',
  'false',
  'undefined',
  'redacted',
  '[redacted]',
  '<redacted>',
  '(redacted)',
];

/** Keys by their last letter: few keys of a line get further than that. */
const BY_LAST = new Map<number, { readonly word: string; readonly always: boolean }[]>();
for (const [words, always] of [
  [ALWAYS, true],
  [MOSTLY, false],
] as const) {
  for (const word of words) {
    const last = word.charCodeAt(word.length - 1);
    BY_LAST.set(last, [...(BY_LAST.get(last) ?? []), { word, always }]);
  }
}
/** By two bytes: whether a key may end in them, in one case or the other. */
const MAY_END = new Uint8Array(65_536);
for (const word of [...ALWAYS, ...MOSTLY]) {
  const end = word.slice(-2);
  for (const text of [end, end.toUpperCase()]) MAY_END[(text.charCodeAt(0) << 8) | text.charCodeAt(1)] = 1;
  MAY_END[(end.toUpperCase().charCodeAt(0) << 8) | end.charCodeAt(1)] = 1;
}

/** What a key may end in, in one case or the other, and what may stand between it and its separator. */
const ENDS = [...BY_LAST.keys()].map((last) => String.fromCharCode(last)).join('');
const PREFILTER: Prefilter = { triggers: [{ bytes: '=:', before: `${ENDS}${ENDS.toUpperCase()} "'` }] };

const isJoint = (byte: number): boolean => byte === 95 || byte === 45 || byte === 46;

/** Values of keys that name a secret: `password=x`, `"api_key": "x"`, `client-secret: x`, `?token=x&`, also in JSON within a text (`\"pwd\":\"x\"`). */
export function keyValueMask(cover: Cover): Mask {
  return {
    name: 'key_value',
    shortest: 5,
    prefilter: PREFILTER,
    cover: (bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) =>
      eachTrigger(candidates, (at) => coverValue(bytes, from, at, to, cover)),
  };
}

/** @returns where the value ends that was covered; -1 if there was none to cover */
function coverValue(bytes: Uint8Array, from: number, at: number, to: number, cover: Cover): number {
  if (bytes[at] !== EQUALS && bytes[at] !== COLON) return -1;
  const key = keyBefore(bytes, from, at);
  const span = key && valueAfter(bytes, at, to);
  if (!span) return -1;
  const [start, end, quoted] = span;
  if (isPlain(bytes, start, end)) return -1;
  if (!key.always && bytes[at] === COLON && !quoted && !looksSecret(bytes, start, end)) return -1;
  cover(bytes, start, end);
  return end;
}

/** Whether bytes[from, to) end in a key whose value is a secret: `password`, `x.api_key`. */
export function namesSecret(bytes: Uint8Array, from: number, to: number): boolean {
  return keyBefore(bytes, from, to) !== null;
}

function keyBefore(bytes: Uint8Array, from: number, at: number): { readonly always: boolean } | null {
  let end = at;
  while (end > from && bytes[end - 1] === SPACE && at - end < 2) end--;
  if (end > from && (bytes[end - 1] === QUOTE || bytes[end - 1] === APOSTROPHE)) {
    end--;
    if (end > from && bytes[end - 1] === BACKSLASH) end--;
  }
  if (end - 2 < from || MAY_END[(bytes[end - 2]! << 8) | bytes[end - 1]!] === 0) return null;
  const last = bytes[end - 1]!;
  for (const key of BY_LAST.get(isCapital(last) ? last | 32 : last) ?? []) {
    let place = end;
    let left = key.word.length;
    while (left > 0 && place > from) {
      const byte = bytes[place - 1]!;
      if (isJoint(byte) && left < key.word.length) {
        place--;
        continue;
      }
      if ((isCapital(byte) ? byte | 32 : byte) !== key.word.charCodeAt(left - 1)) break;
      place--;
      left--;
    }
    if (left === 0) return key;
  }
  return null;
}

/** Where the value stands, without its quotes; null if there is none. */
function valueAfter(bytes: Uint8Array, at: number, to: number): readonly [number, number, boolean] | null {
  let start = at + 1;
  while (start < to && bytes[start] === SPACE && start - at < 4) start++;
  const last = Math.min(to, start + LONGEST_VALUE);
  const escaped = bytes[start] === BACKSLASH && isQuote(bytes[start + 1]);
  if (escaped) start++;
  const quote = bytes[start]!;
  let end: number;
  if (isQuote(quote)) {
    end = ++start;
    while (end < last && bytes[end] !== quote && bytes[end] !== NEWLINE) {
      if (escaped && bytes[end] === BACKSLASH && bytes[end + 1] === quote) break;
      end += bytes[end] === BACKSLASH && bytes[end + 1] !== NEWLINE ? 2 : 1;
    }
    end = Math.min(end, last);
    return end > start ? [start, end, true] : null;
  }
  end = start;
  // Within JSON that is a text in JSON a value may end in an escaped quote.
  while (end < last && !endsValue(bytes[end]!) && !(bytes[end] === BACKSLASH && isQuote(bytes[end + 1]))) end++;
  return end > start ? [start, end, false] : null;
}

const isQuote = (byte: number | undefined): boolean => byte === QUOTE || byte === APOSTROPHE;

/** White space, `,`, `;`, `&`, `)`, `]`, `}`, quotes. `{` and `[` begin something that is looked at by itself. */
function endsValue(byte: number): boolean {
  switch (byte) {
    case 38:
    case 44:
    case 59:
    case 41:
    case 93:
    case 125:
    case 123:
    case 91:
    case QUOTE:
    case APOSTROPHE:
      return true;
    default:
      return byte <= SPACE;
  }
}

function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === 42) return true;
  return PLAIN.some((word) => word.length === end - start && hasWord(bytes, start, end, word));
}

/** Eight characters at least, a digit and a letter among them. */
function looksSecret(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 8) return false;
  let digit = false;
  let letter = false;
  for (let i = start; i < end; i++) {
    if (isDigit(bytes[i]!)) digit = true;
    else if (isAlphanumeric(bytes[i]!)) letter = true;
  }
  return digit && letter;
}
