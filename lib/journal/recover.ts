import type { Chain } from './chain.ts';
import type { Damage, JournalFile, JournalOptions } from './contract.ts';
import { Cursor } from './cursor.ts';
import type { ChainSnapshot } from './cursor-log.ts';
import { type Crc32, readSegmentHeader, SEGMENT_HEADER_BYTES, type Tally } from './record.ts';
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

async function setCursors(
  chain: Chain,
  snapshot: ChainSnapshot | null,
  cursorsDamaged: boolean,
  crc32: Crc32,
): Promise<void> {
  const oldest = chain.segments[0];
  const kept: Tally = oldest?.before ?? chain.taken;
  for (const name of chain.options.readers) {
    const json = snapshot?.readers[name];
    const cursor = json
      ? Cursor.fromJson(name, json)
      : new Cursor(name, chain.start, snapshot === null && cursorsDamaged ? { records: 0, items: 0 } : kept);
    chain.cursors.set(name, cursor);
    // The segments before the oldest are gone: all that was in them is done. What no total tells of is told here.
    if (cursor.floor < chain.start) cursor.cover(cursor.floor, chain.start);
    placeDone(chain, cursor);
    let { records, items } = untold(chain, cursor);
    if (records !== 0 || items !== 0) {
      // The segments are not those the cursor was written beside: one came back after a power cut, say. Then the records tell.
      await recountDone(chain, cursor, crc32);
      if (untold(chain, cursor).records < 0) creditDamaged(chain, cursor);
      ({ records, items } = untold(chain, cursor));
    }
    if (records !== 0 || items !== 0) {
      const reason = cursorsDamaged ? 'cursor_lost' : 'corrupt';
      const old = cursor.dropped[reason] ?? { records: 0, items: 0 };
      cursor.dropped[reason] = { records: old.records + records, items: old.items + items };
    }
  }
}

/**
 * Puts what is done to the segments as they are now. A segment that held nothing whole may have come or gone since, and what was counted in it or
 * in its neighbour stands in the other one then.
 */
function placeDone(chain: Chain, cursor: Cursor): void {
  const old = [...cursor.done];
  cursor.done.clear();
  for (const [start, count] of old) {
    const segment = chain.segmentAt(start);
    if (segment === undefined) continue;
    const sum = cursor.done.get(segment.start) ?? { records: 0, items: 0 };
    cursor.done.set(segment.start, { records: sum.records + count.records, items: sum.items + count.items });
  }
  const carried = { records: 0, items: 0 };
  for (const segment of chain.segments) {
    const inside = chain.inside(segment);
    const done = cursor.done.get(segment.start) ?? { records: 0, items: 0 };
    const sum = { records: done.records + carried.records, items: done.items + carried.items };
    carried.records = Math.max(0, sum.records - inside.records);
    carried.items = Math.max(0, sum.items - inside.items);
    cursor.done.set(segment.start, { records: sum.records - carried.records, items: sum.items - carried.items });
  }
}

/** Counts again what is done in segments that are done in part. */
async function recountDone(chain: Chain, cursor: Cursor, crc32: Crc32): Promise<void> {
  for (const segment of chain.segments) {
    const end = chain.endOf(segment);
    const touched =
      cursor.floor > segment.start || cursor.intervals.some(([from, to]) => from < end && to > segment.start);
    if (end <= cursor.floor || !touched) continue;
    const scan = await scanAll(segment, segment.start, end, crc32);
    const done = { records: 0, items: 0 };
    for (const record of scan.records) {
      if (!cursor.covers(record.start)) continue;
      done.records++;
      done.items += record.items;
    }
    cursor.done.set(segment.start, done);
  }
}

/** More is done than whole records show: the rest was in damaged parts, which must not be counted a second time as dropped. */
function creditDamaged(chain: Chain, cursor: Cursor): void {
  const owed = untold(chain, cursor);
  for (const segment of chain.segments) {
    if (chain.endOf(segment) <= cursor.floor) continue;
    const inside = chain.inside(segment);
    const done = cursor.done.get(segment.start) ?? { records: 0, items: 0 };
    const records = Math.max(0, Math.min(inside.records - done.records, -owed.records));
    const items = Math.max(0, Math.min(inside.items - done.items, -owed.items));
    cursor.done.set(segment.start, { records: done.records + records, items: done.items + items });
    owed.records += records;
    owed.items += items;
  }
}

/** What is done by the segments and stands in no total. */
function untold(chain: Chain, cursor: Cursor): Tally {
  const settled = cursor.settled();
  const should = doneBySegments(chain, cursor);
  return {
    records: should.records - cursor.base.records - settled.records,
    items: should.items - cursor.base.items - settled.items,
  };
}

/** What must be done by now, as the segments see it: all before those that are not wholly below the floor, and what is done within these. */
function doneBySegments(chain: Chain, cursor: Cursor): Tally {
  const sum = { ...chain.taken };
  for (const segment of chain.segments) {
    if (chain.endOf(segment) <= cursor.floor) {
      cursor.done.delete(segment.start);
      continue;
    }
    const inside = chain.inside(segment);
    const done = cursor.done.get(segment.start);
    sum.records -= inside.records - (done?.records ?? 0);
    sum.items -= inside.items - (done?.items ?? 0);
  }
  return sum;
}
