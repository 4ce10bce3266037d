import { isHex, isWord } from './characters.ts';
import type { Cover } from './cover.ts';
import type { Mask } from './mask.ts';

const DOT = 46;
const COLON = 58;
const LONGEST = 45;

/** IP addresses (RFC 791, RFC 4291), with nothing adjoining: versions of five parts, times and MAC addresses stay. */
export function addressMask(cover: Cover): Mask {
  return {
    name: 'ip',
    shortest: 2,
    cover(bytes, from, to) {
      let covered = 0;
      for (let at = from; at < to; ) {
        if (!isHex(bytes[at]!) && bytes[at] !== COLON) {
          at++;
          continue;
        }
        let end = at;
        while (end < to && (isHex(bytes[end]!) || bytes[end] === COLON || bytes[end] === DOT)) end++;
        const after = end;
        // A full stop or a colon behind it belongs to the sentence, a port to what is not secret.
        while (end > at && (bytes[end - 1] === DOT || (bytes[end - 1] === COLON && bytes[end - 2] !== COLON))) end--;
        const stop = addressEnd(bytes, at, end);
        const free = (at === from || !isWord(bytes[at - 1]!)) && (after >= to || !isWord(bytes[after]!));
        if (stop > 0 && free) {
          cover(bytes, at, stop);
          covered++;
        }
        at = after;
      }
      return covered;
    },
  };
}

/** Where the address in bytes[from, to) ends, before its port; 0 if there is none. */
function addressEnd(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 2 || to - from > LONGEST + 6) return 0;
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::\d{1,5})?$/.exec(text);
  if (four !== null) {
    const octets = four.slice(1, 5);
    return octets.every((octet) => Number(octet) <= 255) ? from + octets.join('.').length : 0;
  }
  return isVersionSix(text) ? to : 0;
}

function isVersionSix(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const mapped = /^\d{1,3}(\.\d{1,3}){3}$/.test(last) && last.split('.').every((octet) => Number(octet) <= 255);
  const plain = mapped ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = plain.length + (mapped ? 2 : 0);
  // `::` alone says nothing of anybody.
  return halves.length === 2 ? count > 0 && count < 8 : count === 8;
}
