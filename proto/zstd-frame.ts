/** zstd frames (RFC 8878), as far as they can be written and read without compressing anything. */
const MAGIC = 0xfd2fb528;
/** One segment, and its size in four bytes. */
const SINGLE_SEGMENT_SIZE_4 = 0xa0;
const HEADER_BYTES = 9;
const BLOCK_HEADER_BYTES = 3;
/** The most that a block may have. */
const BLOCK_BYTES = 128 * 1024;
/** Bytes of the size, by the two highest bits of the descriptor; without any it is one where the frame is a single segment. */
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;

/** A zstd frame that holds the bytes as they are: for what is compressed already. Whoever reads zstd reads it, as fast as memory is copied. */
export function storedZstd(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
  const out = new Uint8Array(HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + bytes.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  out[4] = SINGLE_SEGMENT_SIZE_4;
  view.setUint32(5, bytes.length, true);
  let at = HEADER_BYTES;
  for (let from = 0, left = blocks; left > 0; left--) {
    const size = Math.min(BLOCK_BYTES, bytes.length - from);
    // Last block, 1 bit; type 0: as it is, 2 bits; size, 21 bits.
    const header = (size << 3) | (left === 1 ? 1 : 0);
    out[at] = header & 255;
    out[at + 1] = (header >>> 8) & 255;
    out[at + 2] = header >>> 16;
    out.set(bytes.subarray(from, from + size), at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + size;
    from += size;
  }
  return out;
}

/** How many bytes a zstd frame says it unpacks to; null where it does not say, or is none. A hint: anybody can write anything there. */
export function statedZstdSize(bytes: Uint8Array): number | null {
  if (bytes.length < 5) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return null;
  const descriptor = bytes[4]!;
  const single = (descriptor & 0x20) !== 0;
  const size = SIZE_BYTES[descriptor >>> 6] || (single ? 1 : 0);
  const at = 5 + (single ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]!;
  if (size === 0 || at + size > bytes.length) return null;
  if (size === 1) return bytes[at]!;
  // Two bytes count from 256.
  if (size === 2) return view.getUint16(at, true) + 256;
  return size === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
