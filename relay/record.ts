import { BOOT_BYTES, type Boot, HASH_BYTES, type Hash, unhexInto } from '../proto/hash.ts';
import { knownHex, knownHost } from './known-texts.ts';

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
  const hostBytes = Buffer.byteLength(record.host);
  const count = record.definitions.length;
  const out = Buffer.allocUnsafe(FIXED + hostBytes + count * HASH_BYTES + record.frame.length);
  out[0] = VERSION;
  out[1] = hostBytes;
  out.writeUInt16BE(count, 2);
  out.writeDoubleBE(record.received, 4);
  out.writeDoubleBE(record.skew, 12);
  out.writeDoubleBE(record.sequence, 20);
  unhexInto(out, 28, record.boot, BOOT_BYTES);
  out.write(record.host, FIXED);
  let at = FIXED + hostBytes;
  for (const hash of record.definitions) {
    unhexInto(out, at, hash, HASH_BYTES);
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
    definitions.push(knownHex(view.subarray(at, at + HASH_BYTES)));
    at += HASH_BYTES;
  }
  return {
    host: knownHost(view.subarray(FIXED, hostEnd)),
    received: view.readDoubleBE(4),
    skew: view.readDoubleBE(12),
    boot: knownHex(view.subarray(28, FIXED)),
    sequence: view.readDoubleBE(20),
    definitions,
    frame: view.subarray(at),
  };
}
