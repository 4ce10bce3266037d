const BACKSLASH = 92;
/** What stands behind a backslash, and what it means. */
const SHORT: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 };
const REPLACEMENT = 0xfffd;

/**
 * Writes the JSON string bytes[from, to) (without its quotes) into `into` at `at`, as UTF-8 and never longer than it was. A half of a surrogate
 * pair becomes U+FFFD; an escape that is none is taken without its backslash. Gives the end of what was written.
 */
export function unescapeJson(bytes: Uint8Array, from: number, to: number, into: Uint8Array, at: number): number {
  let end = at;
  for (let i = from; i < to; i++) {
    if (bytes[i] !== BACKSLASH || i + 1 >= to) {
      into[end++] = bytes[i]!;
      continue;
    }
    i++;
    const kind = bytes[i]!;
    if (kind !== 117) {
      into[end++] = SHORT[kind] ?? kind;
      continue;
    }
    let code = hexAt(bytes, i + 1, to);
    if (code < 0) {
      into[end++] = kind;
      continue;
    }
    i += 4;
    if (code >= 0xd800 && code < 0xdc00 && bytes[i + 1] === BACKSLASH && bytes[i + 2] === 117) {
      const low = hexAt(bytes, i + 3, to);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
    }
    if (code >= 0xd800 && code < 0xe000) code = REPLACEMENT;
    end = putUtf8(into, end, code);
  }
  return end;
}

function hexAt(bytes: Uint8Array, from: number, to: number): number {
  if (from + 4 > to) return -1;
  let value = 0;
  for (let i = from; i < from + 4; i++) {
    const byte = bytes[i]!;
    const lower = byte | 32;
    if (byte >= 48 && byte <= 57) value = value * 16 + byte - 48;
    else if (lower >= 97 && lower <= 102) value = value * 16 + lower - 87;
    else return -1;
  }
  return value;
}

function putUtf8(into: Uint8Array, at: number, code: number): number {
  if (code < 0x80) into[at++] = code;
  else if (code < 0x800) {
    into[at++] = 0xc0 | (code >> 6);
    into[at++] = 0x80 | (code & 63);
  } else if (code < 0x10000) {
    into[at++] = 0xe0 | (code >> 12);
    into[at++] = 0x80 | ((code >> 6) & 63);
    into[at++] = 0x80 | (code & 63);
  } else {
    into[at++] = 0xf0 | (code >> 18);
    into[at++] = 0x80 | ((code >> 12) & 63);
    into[at++] = 0x80 | ((code >> 6) & 63);
    into[at++] = 0x80 | (code & 63);
  }
  return at;
}
