import { HeliographError } from '../../lib/errors.ts';
import type { DataClass } from '../../proto/class.ts';

/** Of the head journal's segments and records. Segments of version 1 did not say theirs. */
export const JOURNAL_VERSION = 2;

/** What became of a frame: host, boot, class, sequence, written, repeated (null: it was new), dropped by reason (0: nothing). */
export type FrameEntry = [string, string, DataClass, number, number, number | null, Record<string, number> | 0];

/** The readable part of a record. */
export interface RecordHeader {
  /** Version of this form. The record of version 1 was the same. */
  readonly v: number;
  /** Wall time of the write, ms. */
  readonly now: number;
  readonly frames: FrameEntry[];
  /** Series first named here: id, flat labels. */
  readonly series: [number, readonly string[]][];
  /** Groups (the series ids of a page at a target) first named in this segment: number, series in it. */
  readonly groups: [number, number][];
  /** Rows: group, instants, 1 if a mask follows, series in the group. */
  readonly rows: [number, number, 0 | 1, number][];
}

/** One group's rows: `ids[j]` is the series of column j, -1 where it is refused. */
export interface RecordRows {
  readonly group: number;
  readonly n: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly mask: Uint8Array | null;
}

/**
 * record = u32 length of the JSON, JSON (RecordHeader), padding to 8; then for each group its ids (i32, padded to 8); then
 * for each of the rows times (f64), values (f64, row-major), mask (bytes, padded to 8). Little-endian as all our machines.
 */
export function encodeRecord(
  header: RecordHeader,
  groups: readonly Int32Array[],
  rows: readonly RecordRows[],
): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  let size = pad(4 + json.length);
  for (const ids of groups) size += pad(ids.byteLength);
  for (const row of rows) size += row.times.byteLength + row.values.byteLength + pad(row.mask?.length ?? 0);
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 4);
  let at = pad(4 + json.length);
  for (const ids of groups) {
    out.set(bytesOf(ids), at);
    at += pad(ids.byteLength);
  }
  for (const row of rows) {
    out.set(bytesOf(row.times), at);
    at += row.times.byteLength;
    out.set(bytesOf(row.values), at);
    at += row.values.byteLength;
    if (row.mask) {
      out.set(row.mask, at);
      at += pad(row.mask.length);
    }
  }
  return out;
}

/**
 * Reads a record. `bytes` must start at a multiple of 8 in its buffer; the columns are views on it. `groups` learns the new ones.
 * @throws HeliographError HG_STORE_VERSION
 */
export function decodeRecord(
  bytes: Uint8Array,
  groups: Map<number, Int32Array>,
): { header: RecordHeader; rows: RecordRows[] } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 4, length).toString()) as RecordHeader;
  if (header.v !== JOURNAL_VERSION && header.v !== 1) throw unknownVersion('a record of the head journal', header.v);
  return { header, rows: decodeColumns(header, bytes, pad(4 + length), groups) };
}

export function unknownVersion(what: string, version: number): HeliographError {
  const facts = { version, known: JOURNAL_VERSION };
  return new HeliographError('HG_STORE_VERSION', `${what} has version ${version}, known is ${JOURNAL_VERSION}`, facts);
}

function decodeColumns(
  header: RecordHeader,
  bytes: Uint8Array,
  from: number,
  groups: Map<number, Int32Array>,
): RecordRows[] {
  let at = bytes.byteOffset + from;
  for (const [group, n] of header.groups) {
    groups.set(group, new Int32Array(bytes.buffer, at, n).slice());
    at += pad(n * 4);
  }
  return header.rows.map(([group, k, masked, n]) => {
    const times = new Float64Array(bytes.buffer, at, k);
    const values = new Float64Array(bytes.buffer, at + k * 8, k * n);
    at += (k + k * n) * 8;
    const mask = masked ? new Uint8Array(bytes.buffer, at, k * n) : null;
    if (masked) at += pad(k * n);
    return { group, n, times, values, mask };
  });
}

function pad(length: number): number {
  return (length + 7) & ~7;
}

function bytesOf(array: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
