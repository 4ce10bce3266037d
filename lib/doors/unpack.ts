import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { HeliographError } from '../errors.ts';

type Unpacker = (bytes: Uint8Array, max: number) => Uint8Array;

const UNPACKERS: Readonly<Record<string, Unpacker>> = {
  identity: (bytes) => bytes,
  gzip: (bytes, max) => gunzipSync(bytes, { maxOutputLength: max }),
  deflate: (bytes, max) => inflateSync(bytes, { maxOutputLength: max }),
  br: (bytes, max) => brotliDecompressSync(bytes, { maxOutputLength: max }),
  zstd: (bytes, max) => zstdDecompressSync(bytes, { maxOutputLength: max }),
  snappy: unsnappy,
};

export const ENCODINGS: ReadonlySet<string> = new Set(Object.keys(UNPACKERS));

/**
 * The body behind its content encoding, never more than `max` bytes: a bomb ends in an error, not in memory.
 * @throws HeliographError HG_DOOR_ENCODING, HG_DOOR_BODY, HG_DOOR_UNPACK
 */
export function unpackBody(encoding: string, bytes: Uint8Array, max: number): Uint8Array {
  if (!Object.hasOwn(UNPACKERS, encoding)) throw new HeliographError('HG_DOOR_ENCODING', encoding, { encoding });
  try {
    return UNPACKERS[encoding]!(bytes, max);
  } catch (cause) {
    if (cause instanceof HeliographError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(max);
    throw new HeliographError('HG_DOOR_UNPACK', `${encoding}: ${(cause as Error).message}`, { encoding }, cause);
  }
}

/** The block format, as remote write has it; it begins with the length of what comes out. */
function unsnappy(bytes: Uint8Array, max: number): Uint8Array {
  let length = 0;
  let factor = 1;
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    length += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      if (length > max) throw tooLarge(max);
      // Nothing in the format makes more than 64 bytes out of three.
      if (length > bytes.length * 22)
        throw new HeliographError('HG_DOOR_UNPACK', `snappy: ${length} bytes cannot be in it`);
      return uncompressSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { asBuffer: true }) as Buffer;
    }
  }
  throw new HeliographError('HG_DOOR_UNPACK', 'snappy: the length is missing');
}

function tooLarge(max: number): HeliographError {
  return new HeliographError('HG_DOOR_BODY', `more than ${max} bytes when it is unpacked`, { max });
}
