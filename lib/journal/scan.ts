import {
  type Crc32,
  claimedBytes,
  markOf,
  RECORD_HEADER_BYTES,
  readRecord,
  type StoredRecord,
  viewOf,
} from './record.ts';

/** Where a scan gets its bytes: a segment. */
export interface RecordSource {
  read(into: Uint8Array, position: number): Promise<number>;
}

export interface Scan {
  readonly records: StoredRecord[];
  /** Where to go on. */
  readonly next: number;
  /** A damaged part [from, to) that starts at the position asked for; then there are no records. */
  readonly damaged: readonly [number, number] | null;
}

const RESYNC_BYTES = 1024 * 1024;

/**
 * Whole records from `position` on, about `maxBytes` of them and at least one, all before `limit`.
 * Where none starts at `position` it looks for the next one and says which part it passed over.
 */
export async function scanRecords(
  source: RecordSource,
  position: number,
  limit: number,
  maxBytes: number,
  crc32: Crc32,
): Promise<Scan> {
  let want = Math.min(limit - position, Math.max(maxBytes, 4096));
  for (;;) {
    const buffer = new Uint8Array(want);
    const got = await source.read(buffer, position);
    const bytes = got === want ? buffer : buffer.subarray(0, got);
    const view = viewOf(bytes);
    const records: StoredRecord[] = [];
    let at = 0;
    let longer = 0;
    while (at < got) {
      const total = claimedBytes(view, at, position + at, limit - position - at);
      if (total === 0) {
        if (got - at < RECORD_HEADER_BYTES && got === want && position + got < limit) longer = RECORD_HEADER_BYTES;
        break;
      }
      if (at + total > got) {
        if (got === want) longer = total;
        break;
      }
      const record = readRecord(bytes, view, at, position + at, total, crc32);
      if (record === null) break;
      records.push(record);
      at += total;
    }
    if (records.length > 0) return { records, next: position + at, damaged: null };
    if (longer > want) {
      want = Math.min(limit - position, longer);
      continue;
    }
    const next = await resync(source, position + 1, limit, crc32);
    return { records, next, damaged: [position, next] };
  }
}

/** The position of the first whole record at or after `from`, or `limit`. */
async function resync(source: RecordSource, from: number, limit: number, crc32: Crc32): Promise<number> {
  const buffer = new Uint8Array(Math.min(RESYNC_BYTES, Math.max(0, limit - from)));
  for (let position = from; position + RECORD_HEADER_BYTES <= limit; ) {
    const got = await source.read(buffer.subarray(0, Math.min(buffer.length, limit - position)), position);
    if (got < RECORD_HEADER_BYTES) return limit;
    const view = viewOf(buffer);
    const last = got - RECORD_HEADER_BYTES;
    for (let at = 0; at <= last; at++) {
      if (view.getUint32(at, true) !== markOf(position + at)) continue;
      if (await wholeAt(source, position + at, limit, crc32)) return position + at;
    }
    position += last + 1;
  }
  return limit;
}

async function wholeAt(source: RecordSource, position: number, limit: number, crc32: Crc32): Promise<boolean> {
  const head = new Uint8Array(RECORD_HEADER_BYTES);
  if ((await source.read(head, position)) < head.length) return false;
  const total = claimedBytes(viewOf(head), 0, position, limit - position);
  if (total === 0) return false;
  const bytes = new Uint8Array(total);
  if ((await source.read(bytes, position)) < total) return false;
  return readRecord(bytes, viewOf(bytes), 0, position, total, crc32) !== null;
}

export interface SegmentScan {
  /** Every whole record without its payload. */
  readonly records: Omit<StoredRecord, 'bytes'>[];
  readonly damaged: (readonly [number, number])[];
}

/** All of [from, limit), record by record; payloads are checked and let go. */
export async function scanAll(source: RecordSource, from: number, limit: number, crc32: Crc32): Promise<SegmentScan> {
  const records: Omit<StoredRecord, 'bytes'>[] = [];
  const damaged: (readonly [number, number])[] = [];
  for (let position = from; position < limit; ) {
    const part = await scanRecords(source, position, limit, RESYNC_BYTES, crc32);
    for (const { items, key, time, start, end, before } of part.records) {
      records.push({ items, key, time, start, end, before });
    }
    if (part.damaged) damaged.push(part.damaged);
    position = part.next;
  }
  return { records, damaged };
}
