import type { Chain } from './chain.ts';
import type { Damage, JournalFile, JournalOptions } from './contract.ts';
import type { ChainSnapshot } from './cursor-log.ts';
import { readSegmentHeader, SEGMENT_HEADER_BYTES, type Tally } from './record.ts';
import { setCursors } from './recover-cursors.ts';
import { scanAll, scanRecords } from './scan.ts';
import { readThrough, Segment, segmentStart } from './segment.ts';

const REWRITE_BYTES = 1024 * 1024;

/**
 * Finds out what a chain holds after a stop of any kind. Reads the header of each segment, and all of the newest. Never fails over
 * contents: what is damaged is told, counted when a reader comes past it, and everything else is kept.
 */
export async function recoverChain(
  chain: Chain,
  options: JournalOptions,
  snapshot: ChainSnapshot | null,
  cursorsDamaged: boolean,
  onDamage: (damage: Damage) => void,
): Promise<void> {
  const { files, crc32 } = options;
  const starts = (await files.list(chain.directory)).map(segmentStart).filter((start) => start >= 0);
  starts.sort((a, b) => a - b);
  let before: Tally = { records: 0, items: 0 };
  let previous: Segment | null = null;
  for (const start of starts) {
    const { segment, whole }: { segment: Segment; whole: boolean } = await openSegment(chain, options, start);
    if (!whole) {
      onDamage({ chain: chain.options.name, file: segment.path, at: 0, bytes: SEGMENT_HEADER_BYTES, what: 'header' });
      Object.assign(segment.before, await startTally(segment, previous, options));
    }
    if (previous) previous.lastTime = segment.lastTime;
    before = segment.before;
    chain.segments.push(segment);
    previous = segment;
  }
  chain.end = previous?.start ?? 0;
  chain.taken = { ...before };
  let leftover: string | null = null;
  if (previous) {
    leftover = await recoverNewest(chain, previous, options, snapshot?.synced ?? 0, onDamage);
  }
  const { end, taken } = chain;
  if (snapshot !== null && (snapshot.end > end || snapshot.in[0] > taken.records)) {
    // Bytes that were durable are gone from the newest segment: positions and counts go on where they were.
    chain.end = Math.max(end, snapshot.end);
    chain.taken = {
      records: Math.max(taken.records, snapshot.in[0]),
      items: Math.max(taken.items, snapshot.in[1]),
    };
  }
  await setCursors(chain, snapshot, cursorsDamaged, crc32);
  chain.ready(leftover);
}

async function openSegment(
  chain: Chain,
  { files, crc32 }: JournalOptions,
  start: number,
): Promise<{ segment: Segment; whole: boolean }> {
  const path = `${chain.directory}/${String(start).padStart(16, '0')}.seg`;
  const file = await files.open(path, false);
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
    const got = await readThrough(file, bytes, 0);
    const header = readSegmentHeader(bytes.subarray(0, got), crc32);
    const whole = header !== null && header.start === start;
    const segment = new Segment(
      files,
      path,
      start,
      whole ? { ...header.before } : { records: 0, items: 0 },
      Math.max(await file.size(), SEGMENT_HEADER_BYTES),
      whole ? header.created : 0,
    );
    return { segment, whole };
  } finally {
    await file.close();
  }
}

/** What the chain had taken in before a segment whose header is damaged: its first whole record says so, or else the segment before it. */
async function startTally(segment: Segment, previous: Segment | null, { crc32 }: JournalOptions): Promise<Tally> {
  const limit = segment.start + segment.bytes - SEGMENT_HEADER_BYTES;
  for (let position = segment.start; position < limit; ) {
    const scan = await scanRecords(segment, position, limit, 4096, crc32);
    const first = scan.records[0];
    if (first !== undefined && first.start === segment.start) return { ...first.before };
    if (first !== undefined) break;
    position = scan.next;
  }
  if (previous === null) return { records: 0, items: 0 };
  const all = await scanAll(previous, previous.start, segment.start, crc32);
  const last = all.records.at(-1);
  return last === undefined
    ? { ...previous.before }
    : { records: last.before.records + 1, items: last.before.items + last.items };
}

/** Reads the newest segment to its last whole record. Returns the path of a file that the next segment must replace. */
async function recoverNewest(
  chain: Chain,
  segment: Segment,
  { crc32 }: JournalOptions,
  synced: number,
  onDamage: (damage: Damage) => void,
): Promise<string | null> {
  const limit = segment.start + segment.bytes - SEGMENT_HEADER_BYTES;
  const scan = await scanAll(segment, segment.start, limit, crc32);
  const last = scan.records.at(-1);
  const tail = scan.damaged.at(-1);
  const end = last?.end ?? segment.start;
  if (tail !== undefined && tail[1] === limit) {
    const at = end - segment.start + SEGMENT_HEADER_BYTES;
    onDamage({ chain: chain.options.name, file: segment.path, at, bytes: limit - end, what: 'torn' });
  }
  // What is readable now is what readers get and owners rely on: it must not go away with the power later.
  // A sync alone is not enough: after one that failed in an earlier life the kernel holds bytes for clean that are on no disk.
  const file = await segment.open(false);
  await rewrite(
    file,
    synced <= segment.start ? 0 : synced - segment.start + SEGMENT_HEADER_BYTES,
    end - segment.start + SEGMENT_HEADER_BYTES,
  );
  await file.sync();
  if (last === undefined) {
    await segment.close();
    chain.segments.pop();
    chain.end = segment.start;
    chain.taken = { ...segment.before };
    return segment.path;
  }
  chain.end = end;
  chain.taken = { records: last.before.records + 1, items: last.before.items + last.items };
  segment.lastTime = last.time;
  return null;
}

/** Writes the bytes [from, to) of a file over themselves. */
async function rewrite(file: JournalFile, from: number, to: number): Promise<void> {
  const buffer = new Uint8Array(Math.min(REWRITE_BYTES, Math.max(0, to - from)));
  for (let at = from; at < to; ) {
    const part = buffer.subarray(0, Math.min(buffer.length, to - at));
    const got = await readThrough(file, part, at);
    if (got === 0) return;
    await file.write(part.subarray(0, got), at);
    at += got;
  }
}
