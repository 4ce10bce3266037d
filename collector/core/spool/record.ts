import { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../host.ts';
import type { SpoolMark } from '../tail/positions.ts';

/** Version of what stands in a spool record: version, length of the marks (u32, big-endian), marks (JSON, may be empty), frame. */
const VERSION = 1;
const HEAD = 5;

export interface SpoolRecord {
  /** Which parts of which log files the frame holds; empty for metrics and events. */
  readonly marks: readonly SpoolMark[];
  /** Sent as it stands: a repeat is the same bytes. */
  readonly frame: Uint8Array;
}

export function encodeRecord(host: Host, record: SpoolRecord): Uint8Array {
  const marks = record.marks.length === 0 ? new Uint8Array(0) : host.utf8Bytes(JSON.stringify(record.marks));
  const bytes = new Uint8Array(HEAD + marks.length + record.frame.length);
  bytes[0] = VERSION;
  new DataView(bytes.buffer).setUint32(1, marks.length);
  bytes.set(marks, HEAD);
  bytes.set(record.frame, HEAD + marks.length);
  return bytes;
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
