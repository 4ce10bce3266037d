import { HeliographError } from '../errors.ts';
import { heapShare } from '../heap-share.ts';
import { tooMany } from './parts.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
/** Objects, lists and what stands in them: as values each takes some hundred bytes of memory. */
const MOST_PARTS = heapShare(400, 2_000_000);

/**
 * A JSON document out of bytes from outside. Nesting, and what it is made of, is bounded before the parser sees it.
 * @param most values that it may be made of
 * @throws HeliographError HG_DOOR_SYNTAX (no UTF-8, no JSON), HG_DOOR_DEPTH, HG_DOOR_BODY (too many parts)
 */
export function readJson(bytes: Uint8Array, maxDepth: number, most = MOST_PARTS): unknown {
  checkShape(bytes, maxDepth, most);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new HeliographError('HG_DOOR_SYNTAX', 'the body is not UTF-8', { bytes: bytes.length }, cause);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new HeliographError('HG_DOOR_SYNTAX', `the body is not JSON${placeOf(error as Error)}`);
  }
}

/** Where it ends to be JSON, as far as the parser says so. The rest of what it says quotes the body, which may hold secrets. */
function placeOf({ message }: Error): string {
  if (message.startsWith('Unexpected end')) return ': it ends too early';
  const place = / at position (\d+)/.exec(message);
  return place === null ? '' : ` at position ${place[1]!}`;
}

function checkShape(bytes: Uint8Array, maxDepth: number, most: number): void {
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at++;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    } else if (byte === COMMA) parts++;
    else if (byte === 91 || byte === 123) {
      parts++;
      if (++depth > maxDepth) throw new HeliographError('HG_DOOR_DEPTH', `deeper than ${maxDepth}`, { maxDepth });
    } else if (byte === 93 || byte === 125) depth--;
  }
  if (parts > most) throw tooMany(most, 'values');
}
