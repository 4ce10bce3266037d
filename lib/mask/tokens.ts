import { candidatesOf, eachTrigger, type Prefilter } from './candidates.ts';
import { hasText, hasWord, isAlphanumeric, isDigit, isWord } from './characters.ts';
import type { Cover } from './cover.ts';
import { isFreeBefore } from './escapes.ts';
import type { Mask } from './mask.ts';

const DASH = 45;
const DOT = 46;
const SPACE = 32;
const NEWLINE = 10;

/**
 * Beginnings that only keys and tokens of one maker have, how many characters follow at least, and the place of the rarest of its own: a beginning is looked
 * for there, by that character and the one before. Letters are many in a line, these are few.
 */
const PREFIXES: readonly (readonly [prefix: string, least: number, rarest: number])[] = [
  ['AKIA', 16, 1], // AWS
  ['ASIA', 16, 1],
  ['AIza', 35, 1], // Google
  ['ya29.', 20, 4],
  ['ghp_', 36, 3], // GitHub
  ['gho_', 36, 3],
  ['ghu_', 36, 3],
  ['ghs_', 36, 3],
  ['ghr_', 36, 3],
  ['github_pat_', 40, 6],
  ['glpat-', 20, 5], // GitLab
  ['xoxb-', 20, 4], // Slack
  ['xoxp-', 20, 4],
  ['xoxa-', 20, 4],
  ['xoxr-', 20, 4],
  ['xoxs-', 20, 4],
  ['sk_live_', 20, 2], // Stripe
  ['rk_live_', 20, 2],
  ['sk-ant-', 20, 2],
  ['sk-proj-', 20, 2],
  ['npm_', 36, 3],
  ['pypi-', 50, 4],
  ['hf_', 30, 2],
  ['dop_v1_', 60, 3], // DigitalOcean
  ['hvs.', 24, 3], // Vault
  ['hgt_', 40, 3], // Heliograph
  ['SG.', 40, 2], // SendGrid
  ['eyJ', 20, 2], // JWT: looked at more closely
];
const pairOf = (before: number, byte: number): number => (before << 8) | byte;
/** By the rarest character of each and the one before it. */
const BY_PAIR = new Map<number, (typeof PREFIXES)[number][]>();
for (const entry of PREFIXES) {
  const [prefix, , rarest] = entry;
  const pair = pairOf(prefix.charCodeAt(rarest - 1), prefix.charCodeAt(rarest));
  BY_PAIR.set(pair, [...(BY_PAIR.get(pair) ?? []), entry]);
}
/** What may stand before `Bearer` and `Basic`, and before the B of -----BEGIN: no part of a word, but the letter of an escape. */
const BEFORE_WORD = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
  .filter((character) => !isWord(character.charCodeAt(0)) || 'nt'.includes(character))
  .join('');
const PREFILTER: Prefilter = {
  triggers: [
    { bytes: 'Bb', before: BEFORE_WORD },
    ...PREFIXES.map(([prefix, , rarest]) => ({ bytes: prefix[rarest]!, before: prefix[rarest - 1]! })),
  ],
};
const CAPITAL_B = 66;
const SMALL_B = 98;

/** Characters of tokens: base64url, and what joins their parts. */
const isToken = (byte: number): boolean => isWord(byte) || byte === DASH || byte === DOT;
/** RFC 6750, token68. */
const isToken68 = (byte: number): boolean => isToken(byte) || byte === 126 || byte === 43 || byte === 47 || byte === 61;

/** Keys and tokens by their shape: JWT (RFC 7519), `Bearer` (RFC 6750) and `Basic` (RFC 7617), keys of well-known makers, private keys in PEM (RFC 7468). */
export function tokenMask(cover: Cover): Mask {
  return {
    name: 'token',
    overLines: true,
    shortest: 14,
    prefilter: PREFILTER,
    cover: (bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) =>
      eachTrigger(candidates, (at) => coverAround(bytes, at, from, to, cover)),
  };
}

/** Covers the token of which a trigger stands at a place, if there is one. @returns where it ends; -1 if there is none */
function coverAround(bytes: Uint8Array, at: number, from: number, to: number, cover: Cover): number {
  const byte = bytes[at]!;
  const before = at > from ? bytes[at - 1]! : 0;
  if (byte === CAPITAL_B && before === DASH) return at - 5 < from ? -1 : coverPrivateKey(bytes, at - 5, to, cover);
  if (byte === CAPITAL_B || byte === SMALL_B) {
    if (!maySayWho(bytes, at) || !isFreeBefore(bytes, from, at)) return -1;
    const [start, end] = authorization(bytes, at, to);
    if (end >= 0) cover(bytes, start, end);
    return end;
  }
  for (const [prefix, least, rarest] of BY_PAIR.get(pairOf(before, byte)) ?? []) {
    const begin = at - rarest;
    if (begin < from || !isFreeBefore(bytes, from, begin) || !hasText(bytes, begin, to, prefix)) continue;
    const end = knownEnd(bytes, begin, to, prefix, least);
    if (end < 0) continue;
    cover(bytes, begin, end);
    return end;
  }
  return -1;
}

/** Where a token ends that begins so; -1 if it is none. */
function knownEnd(bytes: Uint8Array, at: number, to: number, prefix: string, least: number): number {
  let end = at + prefix.length;
  while (end < to && isToken(bytes[end]!)) end++;
  while (end > at && bytes[end - 1] === DOT) end--;
  if (end - at - prefix.length < least) return -1;
  return prefix === 'eyJ' && dots(bytes, at, end) !== 2 ? -1 : end;
}

function dots(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (bytes[i] === DOT) count++;
  return count;
}

/** `bea` or `bas`, in any case: few words with a B go on so, and words with one are in every line. */
function maySayWho(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1]! | 32;
  const third = bytes[at + 2]! | 32;
  return (second === 101 && third === 97) || (second === 97 && third === 115);
}

/** What follows `Bearer ` or `Basic `; [_, -1] if that is no token: `Basic authentication` stays. */
function authorization(bytes: Uint8Array, at: number, to: number): [number, number] {
  const bearer = hasWord(bytes, at, to, 'bearer ');
  if (!bearer && !hasWord(bytes, at, to, 'basic ')) return [at, -1];
  let start = at + (bearer ? 7 : 6);
  while (start < to && bytes[start] === SPACE) start++;
  let end = start;
  let digit = false;
  for (; end < to && isToken68(bytes[end]!); end++) if (isDigit(bytes[end]!)) digit = true;
  if (bearer) return [start, end - start >= 8 && (digit || end - start >= 24) ? end : -1];
  return [start, end - start >= 4 && hasColon(bytes, start, end) ? end : -1];
}

/** Whether base64 holds a colon, as `user:password` does. */
function hasColon(bytes: Uint8Array, from: number, to: number): boolean {
  let bits = 0;
  let held = 0;
  for (let i = from; i < to && bytes[i] !== 61; i++) {
    const value = base64Value(bytes[i]!);
    if (value < 0) return false;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const byte = (bits >> held) & 255;
    if (byte === 58) return true;
    if (byte < 32) return false;
  }
  return false;
}

function base64Value(byte: number): number {
  if (byte >= 65 && byte <= 90) return byte - 65;
  if (byte >= 97 && byte <= 122) return byte - 71;
  if (isDigit(byte)) return byte + 4;
  return byte === 43 || byte === DASH ? 62 : byte === 47 || byte === 95 ? 63 : -1;
}

/**
 * Covers what stands between `-----BEGIN ... PRIVATE KEY-----` and its end, line by line, as far as the bytes here go: lines stay lines. Written into one
 * line, with the line breaks of JSON, it is covered too.
 * @returns where it ends; -1 if no key begins here
 */
function coverPrivateKey(bytes: Uint8Array, at: number, to: number, cover: Cover): number {
  if (!hasText(bytes, at, to, '-----BEGIN ')) return -1;
  let head = at + 11;
  while (head < to && bytes[head] !== DASH && bytes[head] !== NEWLINE) head++;
  if (!hasText(bytes, head - 11, to, 'PRIVATE KEY-----')) return -1;
  let from = head + 5;
  for (;;) {
    let end = from;
    while (end < to && isBody(bytes[end]!)) end++;
    if (end > from) cover(bytes, from, end);
    if (end >= to || bytes[end] !== NEWLINE) return end;
    from = end + 1;
  }
}

/** What stands in PEM's base64, with the escapes of JSON, and in the headers of older keys; not a newline, nor the dashes of the end. */
function isBody(byte: number): boolean {
  return (
    isAlphanumeric(byte) || byte === 43 || byte === 47 || byte === 61 || byte === 92 || byte === SPACE || byte === 13
  );
}
