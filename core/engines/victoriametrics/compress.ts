import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { compress as snappy, uncompress as unsnappy } from 'snappy';

export type Encoding = 'zstd' | 'snappy';

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);
/** Room for what most requests come to: every further piece is a way to the other thread and back. */
const PIECE = 128 << 10;
const FAST = { chunkSize: PIECE, params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** A window of 256 KiB stays in the processor's own memory: a fifth of the time less than with 512, for the same bytes. Measured: 0094 in docs/decisions. */
const NEAR = { chunkSize: PIECE, params: { ...FAST.params, [constants.ZSTD_c_windowLog]: 18 } };
/** Up to here what is alike stands in that window several times. */
const NEAR_BYTES = 64 << 10;

/** Off this thread. @param apart how far what is alike stands apart in it, bytes, as far as that is known */
export async function compressBody(
  encoding: Encoding,
  bytes: Uint8Array,
  apart = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  if (encoding === 'snappy') return snappy(bytes as Buffer);
  // A copy: what is kept must not keep the room it was made in.
  return Uint8Array.from(await pack(bytes, apart <= NEAR_BYTES ? NEAR : FAST));
}

/** For an engine that came back as another version. */
export async function transcodeBody(from: Encoding, to: Encoding, bytes: Uint8Array): Promise<Uint8Array> {
  const plain = from === 'zstd' ? await unpack(bytes) : ((await unsnappy(bytes as Buffer)) as Buffer);
  return compressBody(to, plain);
}

/** Headers of a remote write request. */
export function headersOf(encoding: Encoding): Record<string, string> {
  return {
    'content-type': 'application/x-protobuf',
    'content-encoding': encoding,
    'x-prometheus-remote-write-version': '0.1.0',
    // Without it VictoriaMetrics takes the body for what Prometheus sends.
    ...(encoding === 'zstd' ? { 'x-victoriametrics-remote-write-version': '1' } : {}),
  };
}
