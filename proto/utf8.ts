/** Text of bytes[from, to); invalid sequences become U+FFFD. A host with a faster one passes its own. */
export type Utf8 = (bytes: Uint8Array, from: number, to: number) => string;

const CHUNK = 4096;

/** As WHATWG's decoder without a byte order mark rule: each maximal part of a broken sequence is one U+FFFD, NUL is kept. */
export const decodeUtf8: Utf8 = (bytes, from, to) => {
  let text = '';
  let units: number[] = [];
  let at = from;
  while (at < to) {
    if (units.length >= CHUNK) {
      text += String.fromCharCode.apply(null, units);
      units = [];
    }
    const first = bytes[at++]!;
    if (first < 0x80) {
      units.push(first);
      continue;
    }
    let need = 0;
    let low = 0x80;
    let high = 0xbf;
    let point = 0;
    if (first >= 0xc2 && first <= 0xdf) {
      need = 1;
      point = first & 0x1f;
    } else if (first >= 0xe0 && first <= 0xef) {
      need = 2;
      point = first & 0x0f;
      if (first === 0xe0) low = 0xa0;
      if (first === 0xed) high = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      need = 3;
      point = first & 0x07;
      if (first === 0xf0) low = 0x90;
      if (first === 0xf4) high = 0x8f;
    }
    let whole = need > 0;
    for (let i = 0; i < need; i++) {
      const next = at < to ? bytes[at]! : 0;
      if (next < low || next > high) {
        whole = false;
        break;
      }
      low = 0x80;
      high = 0xbf;
      point = (point << 6) | (next & 0x3f);
      at++;
    }
    if (!whole) units.push(0xfffd);
    else if (point < 0x10000) units.push(point);
    else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
  }
  return text + String.fromCharCode.apply(null, units);
};

/** UTF-8 of a text; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, writeUtf8(text, bytes, 0));
}

/** Writes at `at` (room for 3 bytes a unit is the caller's business) and returns the end. */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdfff) {
      const next = point < 0xdc00 && i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
        i++;
      } else point = 0xfffd;
    }
    if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (point & 0x3f);
  }
  return at;
}
