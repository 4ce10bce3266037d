import type { Count, DropRecord, JournalFiles } from './contract.ts';
import { type ChainSnapshot, type CursorDamage, CursorLog } from './cursor-log.ts';
import { type Crc32, readSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './record.ts';
import { scanRecords } from './scan.ts';
import { readThrough, Segment, segmentStart } from './segment.ts';

/** With what a journal is looked at: files that cannot be written, and the checksum. */
export interface Inspection {
  readonly directory: string;
  readonly files: JournalFiles;
  readonly crc32: Crc32;
}

export interface SegmentView {
  readonly path: string;
  readonly start: number;
  /** Of the file, header included. */
  readonly bytes: number;
  /** Null where it is damaged. */
  readonly header: SegmentHeader | null;
}

/** A reader's account as the cursors had it when they were written last. */
export interface ReaderView {
  readonly name: string;
  /** Everything before this position is done. */
  readonly floor: number;
  /** Done above the floor. */
  readonly doneAbove: number;
  readonly out: Count;
  readonly repeated: Count;
  readonly dropped: Readonly<Record<string, Count>>;
  readonly queued: Count;
}

export interface ChainView {
  readonly name: string;
  readonly directory: string;
  readonly segments: readonly SegmentView[];
  readonly bytes: number;
  /** What the segments hold from the first to the last whole record. */
  readonly kept: Count;
  /** The position after the last whole record. */
  readonly end: number;
  /** When the oldest and the newest kept record came, ms; NaN where there is none. */
  readonly oldest: number;
  readonly newest: number;
  readonly readers: readonly ReaderView[];
  readonly snapshot: ChainSnapshot | null;
}

export interface JournalView {
  readonly directory: string;
  readonly chains: readonly ChainView[];
  readonly bytes: number;
  /** False: there are no cursors that can be read. */
  readonly cursors: boolean;
  readonly cursorDamage: readonly CursorDamage[];
  /** What was given up and not told on yet. */
  readonly drops: readonly DropRecord[];
}

/**
 * What is in a journal, without opening it: nothing is written, and its owner may be at work meanwhile. Cursors and totals are
 * of one moment; segments are looked at after it, so they may be ahead.
 * @throws the errors of the file system, but for files that went meanwhile
 */
export async function inspectJournal(inspection: Inspection): Promise<JournalView> {
  const { directory, files, crc32 } = inspection;
  const cursorDamage: CursorDamage[] = [];
  const log = new CursorLog<DropRecord>(directory, files, crc32, 0);
  const snapshot = await log.open((damage) => cursorDamage.push(damage));
  await log.close();
  const chains: ChainView[] = [];
  for (const name of await chainNames(inspection, Object.keys(snapshot?.chains ?? {}))) {
    chains.push(await inspectChain(inspection, name, snapshot?.chains[name] ?? null));
  }
  return {
    directory,
    chains,
    bytes: chains.reduce((sum, chain) => sum + chain.bytes, 0),
    cursors: snapshot !== null,
    cursorDamage,
    drops: snapshot?.drops ?? [],
  };
}

/** The chains that the cursors know, and those that have segments. */
async function chainNames({ directory, files }: Inspection, known: readonly string[]): Promise<string[]> {
  const names = new Set(known);
  for (const name of await files.list(directory)) {
    if (names.has(name)) continue;
    const inside = await listOrNone(files, `${directory}/${name}`);
    if (inside.some((file) => segmentStart(file) >= 0)) names.add(name);
  }
  return [...names].sort();
}

async function inspectChain(inspection: Inspection, name: string, snapshot: ChainSnapshot | null): Promise<ChainView> {
  const directory = `${inspection.directory}/${name}`;
  const segments = await listSegments(inspection, directory);
  const first = segments[0];
  const ends = first === undefined ? null : await lastRecord(inspection, segments);
  const before = first?.header?.before ?? { records: 0, items: 0 };
  const taken = ends ?? { end: snapshot?.end ?? 0, records: before.records, items: before.items, time: Number.NaN };
  const readers = Object.entries(snapshot?.readers ?? {}).map(([reader, cursor]): ReaderView => {
    const [out, repeated] = [toCount(cursor.out), toCount(cursor.repeated)];
    const dropped = Object.fromEntries(Object.entries(cursor.dropped).map(([reason, pair]) => [reason, toCount(pair)]));
    const gone = [out, repeated, ...Object.values(dropped)];
    // Records that came after the cursors were written are queued too.
    const inRecords = Math.max(snapshot!.in[0], taken.records) - cursor.base[0];
    const inItems = Math.max(snapshot!.in[1], taken.items) - cursor.base[1];
    return {
      name: reader,
      floor: cursor.floor,
      doneAbove: cursor.intervals.reduce((sum, [from, to]) => sum + to - from, 0),
      out,
      repeated,
      dropped,
      queued: {
        records: gone.reduce((left, count) => left - count.records, inRecords),
        items: gone.reduce((left, count) => left - count.items, inItems),
      },
    };
  });
  return {
    name,
    directory,
    segments,
    bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
    kept: { records: taken.records - before.records, items: taken.items - before.items },
    end: taken.end,
    oldest: first?.header?.created ?? Number.NaN,
    newest: taken.time,
    readers,
    snapshot,
  };
}

/** The segments of a chain, ascending, as they are now. */
export async function listSegments({ files, crc32 }: Inspection, directory: string): Promise<SegmentView[]> {
  const segments: SegmentView[] = [];
  const names = (await listOrNone(files, directory)).filter((name) => segmentStart(name) >= 0).sort();
  for (const name of names) {
    const path = `${directory}/${name}`;
    const start = segmentStart(name);
    try {
      const file = await files.open(path, false);
      try {
        const head = new Uint8Array(SEGMENT_HEADER_BYTES);
        const got = await readThrough(file, head, 0);
        const header = readSegmentHeader(head.subarray(0, got), crc32);
        segments.push({ path, start, bytes: await file.size(), header: header?.start === start ? header : null });
      } finally {
        await file.close();
      }
    } catch (error) {
      // Its owner was done with it.
      if (!isGone(error)) throw error;
    }
  }
  return segments;
}

/** The segment's bytes for a scan. */
export function sourceOf({ files }: Inspection, view: SegmentView): Segment {
  return new Segment(files, view.path, view.start, { records: 0, items: 0 }, view.bytes, 0);
}

/** The last whole record: where it ends, what the chain had taken in then, and when. Reads the newest segment, and an older one if that has none. */
async function lastRecord(
  inspection: Inspection,
  segments: readonly SegmentView[],
): Promise<{ end: number; records: number; items: number; time: number } | null> {
  for (const view of segments.toReversed()) {
    const source = sourceOf(inspection, view);
    const limit = view.start + view.bytes - SEGMENT_HEADER_BYTES;
    let last: { end: number; records: number; items: number; time: number } | null = null;
    try {
      for (let position = view.start; position < limit; ) {
        const part = await scanRecords(source, position, limit, 1024 * 1024, inspection.crc32);
        const record = part.records.at(-1);
        if (record) {
          const { end, before, items, time } = record;
          last = { end, records: before.records + 1, items: before.items + items, time };
        }
        position = part.next;
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    } finally {
      await source.close();
    }
    if (last) return last;
  }
  return null;
}

async function listOrNone(files: JournalFiles, directory: string): Promise<string[]> {
  try {
    return await files.list(directory);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

export function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function toCount(pair: readonly [number, number]): Count {
  return { records: pair[0], items: pair[1] };
}
