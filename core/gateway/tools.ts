import { zstdDecompressSync } from 'node:zlib';
import { type HexText, hex } from '../../proto/hash.ts';
import type { Unzstd } from '../../proto/log-decoder.ts';
import { TextMemory } from '../../proto/text-memory.ts';
import type { Utf8 } from '../../proto/utf8.ts';
import { statedZstdSize } from '../../proto/zstd-frame.ts';

/** What is unpacked grows by pieces of it unless the size is stated; and how many times larger than packed a stated size is believed. */
const PIECE_BYTES = 16 * 1024;
const BELIEVED = 16;

/** Bounded: a bomb ends in an error at `max` bytes, not in memory. In one piece where its size is stated: many small ones would be put together after. */
export const unzstd: Unzstd = (bytes, max) => {
  const stated = Math.min(statedZstdSize(bytes) ?? 0, max, bytes.length * BELIEVED);
  // One more than it has, or a second piece would be made to find that nothing is left.
  return zstdDecompressSync(bytes, { maxOutputLength: max, chunkSize: Math.max(PIECE_BYTES, stated + 1) });
};

/** Node's own decoder, several times faster on long texts than one in JavaScript. */
export const utf8: Utf8 = (bytes, from, to) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');

/** Hashes and boots as text: those of a host come in every frame of it. */
export const knownHex: HexText = new TextMemory(hex).text;

/** The same for names of hosts. */
export const knownName: Utf8 = new TextMemory(utf8).text;
