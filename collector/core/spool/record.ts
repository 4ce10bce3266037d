import { HeliographError } from '../../../lib/errors.ts';
import { CborWriter } from '../../../proto/cbor-writer.ts';
import { type FrameHeader, writeFrame } from '../../../proto/frame.ts';
import type { Host } from '../host.ts';
import type { SpoolMark } from '../tail/positions.ts';

/** Version of what stands in a spool record: version, length of the marks (u32, big-endian), marks (JSON, may be empty), frame. */
const VERSION = 1;
const HEAD = 5;
const NO_MARKS = new Uint8Array(0);

export interface SpoolRecord {
  /** Which parts of which log files the frame holds; empty for metrics and events. */
  readonly marks: readonly SpoolMark[];
  /** Sent as it stands: a repeat is the same bytes. */
  readonly frame: Uint8Array;
}

/** Puts records together in one piece of memory, used again for each. */
export class RecordWriter {
  readonly #host: Host;
  readonly #head = new Uint8Array(HEAD);
  readonly #writer = new CborWriter(4096);

  constructor(host: Host) {
    this.#host = host;
    this.#head[0] = VERSION;
  }

  /** The record's bytes, which hold until the next one is written. @throws HG_WIRE_VALUE, HG_WIRE_LIMIT */
  write(marks: readonly SpoolMark[], header: FrameHeader, body: Uint8Array): Uint8Array {
    const text = marks.length === 0 ? NO_MARKS : this.#host.utf8Bytes(JSON.stringify(marks));
    new DataView(this.#head.buffer).setUint32(1, text.length);
    this.#writer.lend();
    this.#writer.raw(this.#head).raw(text);
    writeFrame(this.#writer, header, body);
    return this.#writer.lend();
  }
}

/** Only the frame: all that sending needs. @throws HeliographError HG_COLLECTOR_SPOOL_RECORD */
export function frameOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(HEAD + marksLength(bytes));
}

/** @throws HeliographError HG_COLLECTOR_SPOOL_RECORD */
export function decodeRecord(host: Host, bytes: Uint8Array): SpoolRecord {
  const length = marksLength(bytes);
  const marks: SpoolMark[] = length === 0 ? [] : JSON.parse(host.utf8(bytes, HEAD, HEAD + length));
  return { marks, frame: bytes.subarray(HEAD + length) };
}

function marksLength(bytes: Uint8Array): number {
  if (bytes.length < HEAD || bytes[0] !== VERSION) {
    throw new HeliographError('HG_COLLECTOR_SPOOL_RECORD', `version ${bytes[0]}, ${bytes.length} bytes`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);
  if (HEAD + length > bytes.length) {
    throw new HeliographError('HG_COLLECTOR_SPOOL_RECORD', `${length} bytes of marks in ${bytes.length}`);
  }
  return length;
}
