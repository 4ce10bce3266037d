import { HeliographError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * A JSON document out of bytes from outside. Nesting is bounded before the parser sees it.
 * @throws HeliographError HG_DOOR_SYNTAX (no UTF-8, no JSON), HG_DOOR_DEPTH
 */
export function readJson(bytes: Uint8Array, maxDepth: number): unknown {
  checkDepth(bytes, maxDepth);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new HeliographError('HG_DOOR_SYNTAX', 'the body is not UTF-8', { bytes: bytes.length }, cause);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new HeliographError('HG_DOOR_SYNTAX', `the body is not JSON: ${(cause as Error).message}`, {}, cause);
  }
}

function checkDepth(bytes: Uint8Array, maxDepth: number): void {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at++;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    } else if (byte === 91 || byte === 123) {
      if (++depth > maxDepth) throw new HeliographError('HG_DOOR_DEPTH', `deeper than ${maxDepth}`, { maxDepth });
    } else if (byte === 93 || byte === 125) depth--;
  }
}
