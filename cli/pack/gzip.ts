import { gzipSync } from 'node:zlib';

/** RFC 1952, the same bytes on every system: Node puts no name and no time into the header, but which system made it. */
export function gzip(data: Uint8Array): Buffer {
  const packed = gzipSync(data, { level: 9 });
  packed[9] = 3;
  return packed;
}
