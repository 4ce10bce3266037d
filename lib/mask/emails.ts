import { candidatesOf, eachTrigger, type Prefilter } from './candidates.ts';
import { isAlphanumeric, isDigit, isLetter } from './characters.ts';
import type { Cover } from './cover.ts';
import { isLetterOfEscape } from './escapes.ts';
import type { Mask } from './mask.ts';

const AT = 64;
const DOT = 46;
const DASH = 45;
const PREFILTER: Prefilter = { triggers: [{ bytes: '@' }] };
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;
/** `user@1000.service`, `logo@2x.png`: what stands behind the last dot is no domain. */
const NO_DOMAINS: ReadonlySet<string> = new Set([
  ...['service', 'socket', 'timer', 'slice', 'scope', 'mount', 'target', 'device', 'swap', 'path', 'automount'],
  ...['png', 'jpg', 'jpeg', 'gif', 'svg', 'webp', 'css', 'js', 'mjs', 'ts', 'json', 'html', 'map', 'tgz', 'gz', 'zip'],
]);

const isLocal = (byte: number): boolean =>
  isAlphanumeric(byte) || byte === DOT || byte === DASH || byte === 95 || byte === 43 || byte === 37 || byte > 127;

/** E-mail addresses as they are written (RFC 5321, without quoted names): the name and the domain. */
export function emailMask(cover: Cover): Mask {
  return {
    name: 'email',
    shortest: 6,
    prefilter: PREFILTER,
    cover: (bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) =>
      eachTrigger(candidates, (at) => {
        if (bytes[at] !== AT) return -1;
        let start = at;
        while (start > from && at - start < LONGEST_LOCAL && isLocal(bytes[start - 1]!)) start--;
        // The letter of `\n` in JSON is no part of the name, and a backslash without it would be no JSON.
        if (isLetterOfEscape(bytes, from, start)) start++;
        while (start < at && !isAlphanumeric(bytes[start]!) && bytes[start]! < 128) start++;
        const end = domainEnd(bytes, at + 1, to);
        if (start === at || end < 0) return -1;
        cover(bytes, start, end);
        return end;
      }),
  };
}

/** Where the domain from `from` on ends; -1 if it is none: labels of letters, digits and dashes, and a last one of letters, all ASCII or none. */
function domainEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = from;
  while (end < to && end - from < LONGEST_DOMAIN) {
    const byte = bytes[end]!;
    if (!isAlphanumeric(byte) && byte !== DASH && byte !== DOT && byte < 128) break;
    end++;
  }
  while (end > from && (bytes[end - 1] === DOT || bytes[end - 1] === DASH)) end--;
  let last = end;
  while (last > from && bytes[last - 1] !== DOT) last--;
  // `ann@example.org有效`: no last label has both.
  for (let i = last; i < end && isLetter(bytes[last]!); i++) if (bytes[i]! > 127) end = i;
  if (last - 1 <= from || end - last < 2 || isDigit(bytes[last]!)) return -1;
  let word = '';
  for (let i = last; i < end; i++) {
    if (!isLetter(bytes[i]!) && bytes[i]! < 128) return -1;
    word += String.fromCharCode(bytes[i]! | 32);
  }
  return NO_DOMAINS.has(word) ? -1 : end;
}
