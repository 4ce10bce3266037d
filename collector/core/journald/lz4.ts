/**
 * Unpacks one LZ4 block (lz4_Block_format.md) of `size` bytes. Null: it is damaged, or has another size.
 */
export function unpackLz4(bytes: Uint8Array, from: number, size: number): Uint8Array | null {
  const out = new Uint8Array(size);
  let at = from;
  let end = 0;
  /** The rest of a length whose four bits are all set; -1: the block ends in it. */
  const more = (length: number): number => {
    if (length !== 15) return length;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || length > size + 15) return -1;
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < bytes.length) {
    const token = bytes[at++]!;
    const literals = more(token >> 4);
    if (literals < 0 || end + literals > size || at + literals > bytes.length) return null;
    out.set(bytes.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    // The last sequence has no match.
    if (at === bytes.length) break;
    if (at + 2 > bytes.length) return null;
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    const match = more(token & 15);
    if (match < 0 || distance === 0 || distance > end || end + match + 4 > size) return null;
    // Byte by byte: it may reach into what it writes.
    for (let i = match + 4; i > 0; i--, end++) out[end] = out[end - distance]!;
  }
  return end === size ? out : null;
}
