import { candidatesOf, eachTrigger, type Prefilter } from './candidates.ts';
import { isWord } from './characters.ts';
import type { Cover } from './cover.ts';
import type { Mask } from './mask.ts';

const AT = 64;
const COLON = 58;
const SLASH = 47;
const PREFILTER: Prefilter = { triggers: [{ bytes: '@' }] };
/** A longer password has other trouble. */
const LONGEST = 512;

/** Ends a URL's user and password: what stands around URLs in lines and JSON. */
const isOutside = (byte: number): boolean =>
  byte <= 32 || byte === 34 || byte === 39 || byte === 60 || byte === 62 || byte === 96;

/** The password of `scheme://user:password@host` (RFC 3986, section 3.2.1), or a token that stands there without a user. */
export function urlPasswordMask(cover: Cover): Mask {
  return {
    name: 'url_password',
    shortest: 8,
    shields: true,
    prefilter: PREFILTER,
    cover: (bytes, from, to, candidates = candidatesOf(PREFILTER, bytes, from, to)) =>
      eachTrigger(candidates, (at) => {
        const start = passwordStart(bytes, at, from);
        if (start < 0) return -1;
        cover(bytes, start, at);
        return at + 1;
      }),
  };
}

/** Where the password before an `@` begins; -1 if there is none. */
function passwordStart(bytes: Uint8Array, at: number, from: number): number {
  if (bytes[at] !== AT) return -1;
  let start = at;
  let colon = -1;
  while (start > from && at - start < LONGEST) {
    const byte = bytes[start - 1]!;
    if (byte === SLASH || isOutside(byte)) break;
    if (byte === COLON) colon = start - 1;
    start--;
  }
  return colon < 0 || colon + 1 >= at || !isAuthority(bytes, start, from) ? -1 : colon + 1;
}

/** `scheme://` stands before. */
function isAuthority(bytes: Uint8Array, start: number, from: number): boolean {
  if (start - 4 < from || bytes[start - 1] !== SLASH || bytes[start - 2] !== SLASH || bytes[start - 3] !== COLON)
    return false;
  return isWord(bytes[start - 4]!);
}
