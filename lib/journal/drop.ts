import type { Chain } from './chain.ts';
import type { Count, DropRecord, LostRecord } from './contract.ts';
import type { Crc32 } from './record.ts';
import { scanAll } from './scan.ts';
import type { Segment } from './segment.ts';

/** Whose oldest segment goes when a record of this rank needs room: the least important chain that may drop, never one more important. */
export function pickVictim(chains: Iterable<Chain>, rank: number): Chain | null {
  let victim: Chain | null = null;
  for (const chain of chains) {
    const { policy, rank: own } = chain.options;
    if (policy !== 'drop-oldest' || own < rank || chain.bytes() === 0) continue;
    if (victim === null || own > victim.options.rank) victim = chain;
  }
  return victim;
}

/**
 * Gives up the oldest segment of a chain: counts for every reader what it had not acknowledged, and says what that was.
 * The caller makes it durable and removes the file.
 */
export async function dropSegment(
  chain: Chain,
  reason: DropRecord['reason'],
  crc32: Crc32,
): Promise<{ segment: Segment; record: DropRecord; lost: Record<string, LostRecord[]> } | null> {
  const segment = chain.segments[0];
  if (segment === undefined) return null;
  await chain.sealed(segment);
  const end = chain.endOf(segment);
  const scan = await scanAll(segment, segment.start, end, crc32);
  if (chain.segments[0] !== segment) return null;
  const range = { firstKey: 0, lastKey: 0, firstTime: 0, lastTime: 0 };
  const cursors = [...chain.cursors.values()];
  const lostRecords: Record<string, LostRecord[]> = {};
  for (const cursor of cursors) {
    lostRecords[cursor.name] = scan.records.filter(({ start }) => !cursor.covers(start));
  }
  let seen = false;
  for (const { key, time, start } of scan.records) {
    if (cursors.every((cursor) => cursor.covers(start))) continue;
    if (!seen) Object.assign(range, { firstKey: key, firstTime: time });
    Object.assign(range, { lastKey: key, lastTime: time });
    seen = true;
  }
  const total = chain.inside(segment);
  const readers: Record<string, Count> = {};
  let records = 0;
  let items = 0;
  for (const cursor of cursors) {
    if (end <= cursor.floor) continue;
    const done = cursor.done.get(segment.start);
    const lost = { records: total.records - (done?.records ?? 0), items: total.items - (done?.items ?? 0) };
    if (lost.records > 0 || lost.items > 0) {
      cursor.settle(segment.start, lost.records, lost.items, { dropped: reason });
    }
    cursor.cover(segment.start, end);
    readers[cursor.name] = lost;
    records = Math.max(records, lost.records);
    items = Math.max(items, lost.items);
  }
  const record = {
    chain: chain.options.name,
    reason,
    records,
    items,
    bytes: end - segment.start,
    ...range,
    end,
    readers,
  };
  return { segment, record, lost: lostRecords };
}
