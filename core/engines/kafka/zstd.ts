import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Of zstd, where speed counts: frames of some KB are compressed already, and then level 1 costs 2 ms a MiB and wins nothing. */
const LEVEL = 1;
/** What one batch may unpack to. Ours are a few MiB; a bomb ends in an error here, not in memory. */
export const UNPACKED_BYTES = 128 << 20;

/** kafkajs knows zstd's number and has no code for it: this is the code, on Node's own zlib, off the main thread. */
export const zstdCodec = {
  compress: ({ buffer }: { buffer: Buffer }): Promise<Buffer> =>
    compress(buffer, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }),
  decompress: (buffer: Buffer): Promise<Buffer> => decompress(buffer, { maxOutputLength: UNPACKED_BYTES }),
};

/** For all of kafkajs in this process; more than once does nothing. */
export function useZstd(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstdCodec;
}
