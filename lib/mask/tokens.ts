import { hasText, hasWord, isAlphanumeric, isDigit, isWord, nextOf } from './characters.ts';
import type { Cover } from './cover.ts';
import type { Mask } from './mask.ts';

const DASH = 45;
const DOT = 46;
const SPACE = 32;
const NEWLINE = 10;

/** Beginnings that only keys and tokens of one maker have, and how many characters follow at least. */
const PREFIXES: readonly (readonly [prefix: string, least: number])[] = [
  ['AKIA', 16], // AWS
  ['ASIA', 16],
  ['AIza', 35], // Google
  ['ya29.', 20],
  ['ghp_', 36], // GitHub
  ['gho_', 36],
  ['ghu_', 36],
  ['ghs_', 36],
  ['ghr_', 36],
  ['github_pat_', 40],
  ['glpat-', 20], // GitLab
  ['xoxb-', 20], // Slack
  ['xoxp-', 20],
  ['xoxa-', 20],
  ['xoxr-', 20],
  ['xoxs-', 20],
  ['sk_live_', 20], // Stripe
  ['rk_live_', 20],
  ['sk-ant-', 20],
  ['sk-proj-', 20],
  ['npm_', 36],
  ['pypi-', 50],
  ['hf_', 30],
  ['dop_v1_', 60], // DigitalOcean
  ['hvs.', 24], // Vault
  ['SG.', 40], // SendGrid
  ['eyJ', 20], // JWT: looked at more closely
];
const BY_FIRST = new Map<number, (readonly [string, number])[]>();
for (const entry of PREFIXES) {
  const first = entry[0].charCodeAt(0);
  BY_FIRST.set(first, [...(BY_FIRST.get(first) ?? []), entry]);
}
/**
 * Where a beginning is looked for: at the rarest of its characters, and how far behind its start that stands. Letters are many in a line, these are few.
 */
const TURNS: readonly (readonly [byte: string, back: number])[] = [
  ['B', 0], // Bearer, Basic, and the B of -----BEGIN
  ['J', 2], // eyJ
  ['K', 1], // AKIA
  ['S', 0], // SG.
  ['S', 1], // ASIA
  ['I', 1], // AIza
  ['_', 3], // npm_, ghp_ ...
  ['_', 2], // sk_live_, rk_live_, hf_
  ['_', 6], // github_pat_
  ['-', 5], // glpat-
  ['-', 4], // xoxb- ..., pypi-
  ['-', 2], // sk-ant-, sk-proj-
  ['.', 4], // ya29.
  ['.', 3], // hvs.
];
const BACKS: readonly (readonly number[] | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const turns = TURNS.filter(([character]) => character.charCodeAt(0) === byte).map(([, back]) => back);
  return turns.length > 0 ? turns : undefined;
});
const TURN = Uint8Array.from(BACKS, (turns) => (turns === undefined ? 0 : 1));
const LETTER_B = 66;
/** By the byte before and the turn itself: what stands before tells most apart, such as the dashes of a date. For B and S anything may. */
const BEFORE = new Uint8Array(65_536);
for (const [turn, before] of [
  ['J', 'y'],
  ['K', 'A'],
  ['I', 'A'],
  ['_', 'posurmekft'],
  ['-', 'tbparsik'],
  ['.', '9s'],
] as const) {
  for (const one of before) BEFORE[(one.charCodeAt(0) << 8) | turn.charCodeAt(0)] = 1;
}
for (let before = 0; before < 256; before++) {
  BEFORE[(before << 8) | LETTER_B] = BEFORE[(before << 8) | 83] = 1;
}

/** Characters of tokens: base64url, and what joins their parts. */
const isToken = (byte: number): boolean => isWord(byte) || byte === DASH || byte === DOT;
/** RFC 6750, token68. */
const isToken68 = (byte: number): boolean => isToken(byte) || byte === 126 || byte === 43 || byte === 47 || byte === 61;

/** Keys and tokens by their shape: JWT (RFC 7519), `Bearer` (RFC 6750) and `Basic` (RFC 7617), keys of well-known makers, private keys in PEM (RFC 7468). */
export function tokenMask(cover: Cover): Mask {
  return {
    name: 'token',
    shortest: 14,
    cover(bytes, from, to) {
      let covered = 0;
      for (let at = nextOf(TURN, bytes, from, to); at < to; at = nextOf(TURN, bytes, at + 1, to)) {
        if (BEFORE[((at > from ? bytes[at - 1]! : 0) << 8) | bytes[at]!] === 0) continue;
        const end = coverAround(bytes, at, from, to, cover);
        if (end < 0) continue;
        covered++;
        at = end - 1;
      }
      return covered;
    },
  };
}

/** Covers the token of which a turn stands at a place, if there is one. @returns where it ends; -1 if there is none */
function coverAround(bytes: Uint8Array, at: number, from: number, to: number, cover: Cover): number {
  if (bytes[at] === LETTER_B && at > from && bytes[at - 1] === DASH) {
    return at - 5 < from ? -1 : coverPrivateKey(bytes, at - 5, to, cover);
  }
  for (const back of BACKS[bytes[at]!]!) {
    const begin = at - back;
    if (begin < from || (begin > from && isWord(bytes[begin - 1]!) && !isEscape(bytes, begin, from))) continue;
    const [start, end] = bytes[at] === LETTER_B ? authorization(bytes, begin, to) : [begin, knownEnd(bytes, begin, to)];
    if (end < 0) continue;
    cover(bytes, start, end);
    return end;
  }
  return -1;
}

/** `\n` in JSON before a token. */
function isEscape(bytes: Uint8Array, at: number, from: number): boolean {
  return at - 2 >= from && bytes[at - 2] === 92 && (bytes[at - 1] === 110 || bytes[at - 1] === 116);
}

function knownEnd(bytes: Uint8Array, at: number, to: number): number {
  for (const [prefix, least] of BY_FIRST.get(bytes[at]!) ?? []) {
    if (!hasText(bytes, at, to, prefix)) continue;
    let end = at + prefix.length;
    while (end < to && isToken(bytes[end]!)) end++;
    while (end > at && bytes[end - 1] === DOT) end--;
    if (end - at - prefix.length < least) continue;
    if (prefix === 'eyJ' && dots(bytes, at, end) !== 2) continue;
    return end;
  }
  return -1;
}

function dots(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (bytes[i] === DOT) count++;
  return count;
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
