import type { AppendRecord, JournalRecord } from './contract.ts';

/**
 * The bytes of a segment, little-endian. A segment is a header and then records, one after another.
 *
 *   header, 64 bytes: magic u32, version u32, start f64, records before f64, items before f64, created ms f64, zeros, crc32 u32 (of the 60 bytes before it)
 *   record, 48 bytes + payload: mark u32, crc32 u32, length u32, items u32, key f64, time f64, records before f64, items before f64, payload
 *
 * - A position counts record bytes only, over the chain's whole life: the header is not in it, so that records follow one another without a hole.
 * - `mark` is a magic number mixed with the position, and the checksum (of all that follows it) is seeded with the position:
 *   bytes of another place, or a record inside a payload, never pass for a record when a reader looks for the next whole one.
 * - "Records before" and "items before" count the chain's whole life, so that whatever survives tells how much is missing before it.
 */
export const SEGMENT_HEADER_BYTES = 64;
export const RECORD_HEADER_BYTES = 48;
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;
const SEGMENT_MAGIC = 0x314a_4748; // "HGJ1"
const RECORD_MAGIC = 0x5243_4748; // "HGCR"
const VERSION = 1;

export type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/** How many records and items a chain had taken in at some place. */
export interface Tally {
  records: number;
  items: number;
}

export interface SegmentHeader {
  readonly start: number;
  readonly before: Tally;
  readonly created: number;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function seedOf(position: number): number {
  return ((position >>> 0) ^ Math.floor(position / 0x1_0000_0000)) >>> 0;
}

/** The first word of a record at this position. */
export function markOf(position: number): number {
  return (RECORD_MAGIC ^ seedOf(position)) >>> 0;
}

/** Writes the header into the first 64 bytes. */
export function writeSegmentHeader(into: Uint8Array, header: SegmentHeader, crc32: Crc32): void {
  const view = viewOf(into);
  view.setUint32(0, SEGMENT_MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setFloat64(8, header.start, true);
  view.setFloat64(16, header.before.records, true);
  view.setFloat64(24, header.before.items, true);
  view.setFloat64(32, header.created, true);
  into.fill(0, 40, 60);
  view.setUint32(60, crc32(into.subarray(0, 60)) >>> 0, true);
}

/** The header, or null where it is damaged or of another version. */
export function readSegmentHeader(bytes: Uint8Array, crc32: Crc32): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_BYTES) return null;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== SEGMENT_MAGIC || view.getUint32(4, true) !== VERSION) return null;
  if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60)) >>> 0) return null;
  return {
    start: view.getFloat64(8, true),
    before: { records: view.getFloat64(16, true), items: view.getFloat64(24, true) },
    created: view.getFloat64(32, true),
  };
}

/** Writes a record at `at`; `into` must have room. Returns the bytes written. */
export function writeRecord(
  into: Uint8Array,
  view: DataView,
  at: number,
  position: number,
  record: AppendRecord,
  time: number,
  before: Readonly<Tally>,
  crc32: Crc32,
): number {
  const length = record.bytes.length;
  const end = at + RECORD_HEADER_BYTES + length;
  view.setUint32(at, markOf(position), true);
  view.setUint32(at + 8, length, true);
  view.setUint32(at + 12, record.items, true);
  view.setFloat64(at + 16, record.key, true);
  view.setFloat64(at + 24, time, true);
  view.setFloat64(at + 32, before.records, true);
  view.setFloat64(at + 40, before.items, true);
  into.set(record.bytes, at + RECORD_HEADER_BYTES);
  view.setUint32(at + 4, crc32(into.subarray(at + 8, end), seedOf(position)) >>> 0, true);
  return end - at;
}

/** A record as it stands in a segment. */
export interface StoredRecord extends JournalRecord {
  /** What the chain had taken in before this record. */
  readonly before: Tally;
}

/**
 * The bytes that a record at `at` says it has, without checking them; 0 where none starts.
 * @param room bytes from `at` to the end of the segment: a record that says it is longer is none
 */
export function claimedBytes(view: DataView, at: number, position: number, room: number): number {
  if (at + RECORD_HEADER_BYTES > view.byteLength || room < RECORD_HEADER_BYTES) return 0;
  if (view.getUint32(at, true) !== markOf(position)) return 0;
  const total = RECORD_HEADER_BYTES + view.getUint32(at + 8, true);
  return total <= room ? total : 0;
}

/** The record of `total` bytes at `at`, its payload a view of `bytes`; null where the checksum says no. */
export function readRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  position: number,
  total: number,
  crc32: Crc32,
): StoredRecord | null {
  if (view.getUint32(at + 4, true) !== crc32(bytes.subarray(at + 8, at + total), seedOf(position)) >>> 0) return null;
  return {
    bytes: bytes.subarray(at + RECORD_HEADER_BYTES, at + total),
    items: view.getUint32(at + 12, true),
    key: view.getFloat64(at + 16, true),
    time: view.getFloat64(at + 24, true),
    start: position,
    end: position + total,
    before: { records: view.getFloat64(at + 32, true), items: view.getFloat64(at + 40, true) },
  };
}
