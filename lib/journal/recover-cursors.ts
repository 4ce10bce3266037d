import type { Chain } from './chain.ts';
import { Cursor } from './cursor.ts';
import type { ChainSnapshot } from './cursor-log.ts';
import type { Crc32, Tally } from './record.ts';
import { scanAll } from './scan.ts';

/**
 * Gives a recovered chain its cursors: those of the snapshot, held against the segments as they are. What is done by the
 * segments and stands in no total is counted as dropped, so the account balances whatever happened.
 */
export async function setCursors(
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
