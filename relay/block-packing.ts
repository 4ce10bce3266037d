import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { storedZstd } from '../proto/zstd-frame.ts';

/** Level 1: a block waits for it. */
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Smaller than this all of it is compressed, whatever comes of it. */
const LEAST_BYTES = 64 * 1024;
/** What zstd may add to what does not shrink. */
const SLACK_BYTES = 4 * 1024;
/** Pieces of a block that are tried first, and what of them must go for all of it to be tried. */
const PIECES = 4;
const PIECE_BYTES = 4 * 1024;
const WORTH = 0.97;

/**
 * zstd of a block. One whose frames are compressed already, as collectors do with lines, is not compressed again: it would cost more than all else that is
 * done with it here and save nothing. It stands in a zstd frame as it is, so that any core reads it.
 */
export function packBlock(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= LEAST_BYTES && !shrinks(bytes)) return storedZstd(bytes);
  // In one piece: by default it is made of many small ones, which are put together after. A copy, since a block is kept until the core has it, and
  // must not keep the room that it did not need.
  return new Uint8Array(zstdCompressSync(bytes, { params: LEVEL, chunkSize: bytes.length + SLACK_BYTES }));
}

/** The other side, for a block of our own. */
export function unpackBlock(bytes: Uint8Array, max: number): Uint8Array {
  return zstdDecompressSync(bytes, { maxOutputLength: max });
}

/** Whether pieces from all over it become smaller. */
function shrinks(bytes: Uint8Array): boolean {
  const pieces = new Uint8Array(PIECES * PIECE_BYTES);
  const apart = Math.floor((bytes.length - PIECE_BYTES) / (PIECES - 1));
  for (let i = 0; i < PIECES; i++) {
    pieces.set(bytes.subarray(i * apart, i * apart + PIECE_BYTES), i * PIECE_BYTES);
  }
  return zstdCompressSync(pieces, { params: LEVEL, chunkSize: pieces.length * 2 }).length < pieces.length * WORTH;
}
