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

const FIRST_BYTES = 64 * 1024;

/**
 * Makes records one after another in the same memory: the bytes of one hold until the next is made, which is long enough
 * for the journal, that copies them.
 */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);

  /** @returns a view of the writer's memory, good until the next call */
  encode(record: FrameRecord): Uint8Array {
    const { host, definitions, frame } = record;
    const hostBytes = Buffer.byteLength(host);
    const length = FIXED + hostBytes + definitions.length * HASH_BYTES + frame.length;
    if (length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2));
      this.#view = new DataView(this.#bytes.buffer);
    }
    const out = this.#bytes;
    const view = this.#view;
    out[0] = VERSION;
    out[1] = hostBytes;
    view.setUint16(2, definitions.length);
    view.setFloat64(4, record.received);
    view.setFloat64(12, record.skew);
    view.setFloat64(20, record.sequence);
    unhexInto(out, 28, record.boot, BOOT_BYTES);
    out.write(host, FIXED);
    let at = FIXED + hostBytes;
    for (const hash of definitions) {
      unhexInto(out, at, hash, HASH_BYTES);
      at += HASH_BYTES;
    }
    out.set(frame, at);
    return out.subarray(0, length);
  }
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
