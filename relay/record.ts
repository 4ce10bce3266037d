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
  return behind(headOf(record), record);
}

/**
 * Encodes the records of one host. What stands before the frame is nearly always that of the record before, but for times
 * and number, and is copied from there: to make bytes of the names again would cost as much as all else.
 */
export class RecordEncoder {
  #boot: Boot = '';
  #definitions: readonly Hash[] = [];
  #head: Uint8Array | null = null;

  encode(record: FrameRecord): Uint8Array {
    if (this.#head === null || record.boot !== this.#boot || !same(record.definitions, this.#definitions)) {
      this.#head = headOf(record);
      this.#boot = record.boot;
      this.#definitions = record.definitions;
    }
    return behind(this.#head, record);
  }
}

/** All before the frame, without times and number. */
function headOf(record: FrameRecord): Uint8Array {
  const hostBytes = Buffer.byteLength(record.host);
  const count = record.definitions.length;
  const out = Buffer.alloc(FIXED + hostBytes + count * HASH_BYTES);
  out[0] = VERSION;
  out[1] = hostBytes;
  out.writeUInt16BE(count, 2);
  unhexInto(out, 28, record.boot, BOOT_BYTES);
  out.write(record.host, FIXED);
  let at = FIXED + hostBytes;
  for (const hash of record.definitions) {
    unhexInto(out, at, hash, HASH_BYTES);
    at += HASH_BYTES;
  }
  return out;
}

/** The whole record. */
function behind(head: Uint8Array, record: FrameRecord): Uint8Array {
  const out = Buffer.allocUnsafe(head.length + record.frame.length);
  out.set(head);
  out.writeDoubleBE(record.received, 4);
  out.writeDoubleBE(record.skew, 12);
  out.writeDoubleBE(record.sequence, 20);
  out.set(record.frame, head.length);
  return out;
}

function same(one: readonly Hash[], other: readonly Hash[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
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
    definitions.push(knownHex(view, at, at + HASH_BYTES));
    at += HASH_BYTES;
  }
  return {
    host: knownHost(view, FIXED, hostEnd),
    received: view.readDoubleBE(4),
    skew: view.readDoubleBE(12),
    boot: knownHex(view, 28, FIXED),
    sequence: view.readDoubleBE(20),
    definitions,
    frame: view.subarray(at),
  };
}
