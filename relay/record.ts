import { BOOT_BYTES, type Boot, bootBytes, HASH_BYTES, type Hash, hashBytes, hex } from '../proto/hash.ts';

/**
 * What the relay's journal holds for one frame: where it came from, and what the forwarder needs to know of it, so that
 * it need not open the frame again.
 *
 *     u8 version (1), u8 host length, u16 number of definitions, f64 received ms, f64 skew ms, f64 sequence,
 *     boot (12 bytes), host (UTF-8), definitions (16 bytes each), the frame
 */
export interface FrameRecord {
  readonly host: string;
  /** ms since the epoch, the relay's clock. */
  readonly received: number;
  /** The collector's clock minus the relay's, ms. */
  readonly skew: number;
  readonly boot: Boot;
  readonly sequence: number;
  readonly definitions: readonly Hash[];
  readonly frame: Uint8Array;
}

const VERSION = 1;
const FIXED = 4 + 24 + BOOT_BYTES;

export function encodeRecord(record: FrameRecord): Uint8Array {
  const host = Buffer.from(record.host);
  const count = record.definitions.length;
  const out = Buffer.allocUnsafe(FIXED + host.length + count * HASH_BYTES + record.frame.length);
  out[0] = VERSION;
  out[1] = host.length;
  out.writeUInt16BE(count, 2);
  out.writeDoubleBE(record.received, 4);
  out.writeDoubleBE(record.skew, 12);
  out.writeDoubleBE(record.sequence, 20);
  out.set(bootBytes(record.boot), 28);
  out.set(host, FIXED);
  let at = FIXED + host.length;
  for (const hash of record.definitions) {
    out.set(hashBytes(hash), at);
    at += HASH_BYTES;
  }
  out.set(record.frame, at);
  return out;
}

/** The journal has checked its checksum; null is a record of a version this program does not know. `frame` is a view. */
export function decodeRecord(bytes: Uint8Array): FrameRecord | null {
  if (bytes.length < FIXED || bytes[0] !== VERSION) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hostEnd = FIXED + view[1]!;
  const count = view.readUInt16BE(2);
  const definitions: Hash[] = [];
  let at = hostEnd;
  for (let i = 0; i < count; i++) {
    definitions.push(hex(view.subarray(at, at + HASH_BYTES)));
    at += HASH_BYTES;
  }
  return {
    host: view.toString('utf8', FIXED, hostEnd),
    received: view.readDoubleBE(4),
    skew: view.readDoubleBE(12),
    boot: hex(view.subarray(28, FIXED)),
    sequence: view.readDoubleBE(20),
    definitions,
    frame: view.subarray(at),
  };
}
