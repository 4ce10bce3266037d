import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { statedZstdSize } from '../../../proto/zstd-frame.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Of zstd, where speed counts: frames of some KB are compressed already, and then level 1 costs 2 ms a MiB and wins nothing. */
const LEVEL = 1;
/** Up to here it is done at once, in a fraction of a ms: the way to another thread and back costs more. */
const AT_ONCE_BYTES = 64 << 10;
/** The smallest piece that is worked on at once, and what zstd may add to bytes that do not shrink. */
const PIECE_BYTES = 16 << 10;
const SLACK_BYTES = 4 << 10;
/** How many times larger than packed a stated size is believed. */
const BELIEVED = 16;
/** What one batch may unpack to. Ours are a few MiB; a bomb ends in an error here, not in memory. */
export const UNPACKED_BYTES = 128 << 20;

/** kafkajs knows zstd's number and has no code for it: this is the code, on Node's own zlib. */
export const zstdCodec = {
  async compress({ buffer }: { buffer: Buffer }): Promise<Buffer> {
    // With the size known beforehand its tables are no larger than they need to be.
    const options = {
      // With a checksum: kafkajs looks at none, and a disk of a broker may give back something else than it was given.
      params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
      pledgedSrcSize: buffer.length,
      // In one piece: in the default ones of 16 KiB each is a way to the other thread and back, and all of them are put together after.
      chunkSize: Math.max(PIECE_BYTES, buffer.length + SLACK_BYTES),
    };
    return buffer.length <= AT_ONCE_BYTES ? zstdCompressSync(buffer, options) : compress(buffer, options);
  },
  async decompress(buffer: Buffer): Promise<Buffer> {
    // The size it states is believed within reason; one more, or a second piece would be made to find that nothing is left.
    const stated = Math.min(statedZstdSize(buffer) ?? 0, UNPACKED_BYTES, buffer.length * BELIEVED);
    const options = { maxOutputLength: UNPACKED_BYTES, chunkSize: Math.max(PIECE_BYTES, stated + 1) };
    return buffer.length <= AT_ONCE_BYTES ? zstdDecompressSync(buffer, options) : decompress(buffer, options);
  },
};

/** For all of kafkajs in this process; more than once does nothing. */
export function useZstd(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstdCodec;
}
