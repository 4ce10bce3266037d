import { type ChainView, type Inspection, isGone, listSegments, type SegmentView, sourceOf } from './inspect.ts';
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, type Tally, viewOf } from './record.ts';
import { scanAll } from './scan.ts';
import { readThrough, segmentName } from './segment.ts';

/** A place of a journal that is not as it was written. */
export interface Finding {
  readonly chain: string;
  readonly file: string;
  /** Offset in the file, and how many bytes. */
  readonly at: number;
  readonly bytes: number;
  /**
   * damaged: bytes that no checksum vouches for. missing: a part that should be there and is not. header: of the segment.
   * torn: an unfinished write at the very end, of nothing that was acknowledged: what a crash leaves, and no damage.
   * changing: the owner writes there now.
   */
  readonly what: 'damaged' | 'missing' | 'header' | 'torn' | 'changing';
  /** Records and items that were there, where the neighbours tell. */
  readonly records: number;
  readonly items: number;
  /** Readers that had not acknowledged all of it. */
  readonly readers: readonly string[];
}

export interface ChainReport {
  readonly chain: string;
  readonly segments: number;
  readonly bytes: number;
  /** Read whole, their checksums good. */
  readonly records: number;
  readonly items: number;
  readonly findings: readonly Finding[];
}

/** True where something is lost or altered. */
export function isDamage(finding: Finding): boolean {
  return finding.what !== 'torn' && finding.what !== 'changing';
}

/**
 * Reads every record of a chain and holds it against its checksum, and the counts of each against its neighbour's. Writes nothing.
 * @param live the owner may be at work: what changes at the newest end is told as changing, and segments may go meanwhile
 */
export async function verifyChain(inspection: Inspection, chain: ChainView, live: boolean): Promise<ChainReport> {
  const segments = live ? await listSegments(inspection, chain.directory) : chain.segments;
  const findings: Finding[] = [];
  const sum = { records: 0, items: 0, bytes: 0 };
  const tell = (finding: Omit<Finding, 'chain' | 'readers'>, from: number, to: number) => {
    const readers = chain.readers.filter((reader) => notDone(chain, reader.name, from, to)).map(({ name }) => name);
    findings.push({ chain: chain.name, readers, ...finding });
  };
  const first = segments[0];
  const behind = Math.min(...chain.readers.map((reader) => reader.floor), first?.start ?? 0);
  if (first !== undefined && behind < first.start && !live) {
    const file = `${chain.directory}/${segmentName(behind)}`;
    tell({ file, at: 0, bytes: first.start - behind, what: 'missing', records: 0, items: 0 }, behind, first.start);
  }
  let expected: Tally | null = null;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    let checked: SegmentCheck;
    try {
      checked = await checkSegment(inspection, segment, next?.start ?? null, expected, chain, live);
    } catch (error) {
      if (live && isGone(error)) continue;
      throw error;
    }
    for (const { from, to, ...finding } of checked.findings) tell(finding, from, to);
    sum.records += checked.records;
    sum.items += checked.items;
    sum.bytes += segment.bytes;
    expected = checked.after;
  }
  return { chain: chain.name, segments: segments.length, ...sum, findings };
}

interface SegmentCheck {
  readonly records: number;
  readonly items: number;
  readonly after: Tally | null;
  readonly findings: (Omit<Finding, 'chain' | 'readers'> & { from: number; to: number })[];
}

async function checkSegment(
  inspection: Inspection,
  view: SegmentView,
  nextStart: number | null,
  expected: Tally | null,
  chain: ChainView,
  live: boolean,
): Promise<SegmentCheck> {
  const findings: SegmentCheck['findings'] = [];
  const { start, path: file } = view;
  const none = { records: 0, items: 0 };
  const offset = (position: number) => position - start + SEGMENT_HEADER_BYTES;
  if (view.header === null) {
    // A new segment's file is there before its first bytes are.
    const what = live && nextStart === null ? 'changing' : 'header';
    findings.push({ file, at: 0, bytes: SEGMENT_HEADER_BYTES, what, ...none, from: start, to: start + 1 });
  }
  const inFile = Math.max(start, start + view.bytes - SEGMENT_HEADER_BYTES);
  const limit = nextStart ?? inFile;
  const source = sourceOf(inspection, view);
  const scan = await scanAll(source, start, limit, inspection.crc32);
  await source.close();
  let after: Tally | null = view.header?.before ?? expected;
  let at = start;
  let items = 0;
  const hole = (from: number, to: number, until: Tally | null) => {
    const missing =
      after && until ? { records: until.records - after.records, items: until.items - after.items } : none;
    const beyond = from >= inFile;
    findings.push({
      file,
      at: offset(from),
      bytes: to - from,
      what: beyond ? 'missing' : 'damaged',
      ...missing,
      from,
      to,
    });
  };
  for (const record of scan.records) {
    if (record.start > at) hole(at, record.start, record.before);
    at = record.end;
    items += record.items;
    after = { records: record.before.records + 1, items: record.before.items + record.items };
  }
  if (at < limit && nextStart !== null) hole(at, limit, null);
  else if (at < limit) {
    const what = live ? 'changing' : await tailKind(inspection, view, at, limit, chain);
    findings.push({ file, at: offset(at), bytes: limit - at, what, ...none, from: at, to: limit });
  }
  const synced = chain.snapshot?.synced ?? 0;
  if (nextStart === null && !live && synced > Math.max(at, limit)) {
    findings.push({
      file,
      at: offset(limit),
      bytes: synced - limit,
      what: 'missing',
      ...none,
      from: limit,
      to: synced,
    });
  }
  return { records: scan.records.length, items, after, findings };
}

/** What follows the last whole record of the newest segment: a write that a crash cut short, or a record that was whole once. */
async function tailKind(
  { files }: Inspection,
  view: SegmentView,
  at: number,
  limit: number,
  chain: ChainView,
): Promise<'torn' | 'damaged'> {
  if ((chain.snapshot?.synced ?? 0) > at) return 'damaged';
  const file = await files.open(view.path, false);
  try {
    const head = new Uint8Array(Math.min(RECORD_HEADER_BYTES, limit - at));
    await readThrough(file, head, at - view.start + SEGMENT_HEADER_BYTES);
    if (head.length < RECORD_HEADER_BYTES || head.every((byte) => byte === 0)) return 'torn';
    // A record that goes beyond the end of the file was never written whole.
    return RECORD_HEADER_BYTES + viewOf(head).getUint32(8, true) > limit - at ? 'torn' : 'damaged';
  } finally {
    await file.close();
  }
}

function notDone(chain: ChainView, reader: string, from: number, to: number): boolean {
  const cursor = chain.snapshot?.readers[reader];
  if (cursor === undefined) return true;
  if (cursor.floor >= to) return false;
  return !cursor.intervals.some(([low, high]) => low <= Math.max(from, cursor.floor) && high >= to);
}
