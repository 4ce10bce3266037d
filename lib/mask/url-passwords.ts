import { isWord, placeOf } from './characters.ts';
import type { Cover } from './cover.ts';
import type { Mask } from './mask.ts';

const AT = 64;
const COLON = 58;
const SLASH = 47;
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
    cover(bytes, from, to) {
      let covered = 0;
      for (let at = placeOf(bytes, AT, from, to); at >= 0; at = placeOf(bytes, AT, at + 1, to)) {
        let start = at;
        let colon = -1;
        while (start > from && at - start < LONGEST) {
          const byte = bytes[start - 1]!;
          if (byte === SLASH || isOutside(byte)) break;
          if (byte === COLON) colon = start - 1;
          start--;
        }
        if (colon < 0 || colon + 1 >= at || !isAuthority(bytes, start, from)) continue;
        cover(bytes, colon + 1, at);
        covered++;
      }
      return covered;
    },
  };
}

/** `scheme://` stands before. */
function isAuthority(bytes: Uint8Array, start: number, from: number): boolean {
  if (start - 4 < from || bytes[start - 1] !== SLASH || bytes[start - 2] !== SLASH || bytes[start - 3] !== COLON)
    return false;
  return isWord(bytes[start - 4]!);
}
