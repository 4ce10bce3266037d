import type { Chain, ChainOwner } from './chain.ts';
import { SEGMENT_HEADER_BYTES } from './record.ts';
import { scanAll } from './scan.ts';
import type { Segment } from './segment.ts';

/**
 * Something in the segment cannot be read. Reads all of it, and gives the damaged parts up for every reader that had not
 * acknowledged them: what is neither done nor readable is dropped, reason `corrupt`.
 */
export async function reconcileSegment(chain: Chain, owner: ChainOwner, segment: Segment): Promise<void> {
  await chain.sealed(segment);
  const end = chain.endOf(segment);
  const scan = await scanAll(segment, segment.start, end, owner.options.crc32);
  if (!chain.segments.includes(segment)) return;
  for (const [from, to] of scan.damaged) {
    if (segment.told.has(from)) continue;
    segment.told.add(from);
    const what = to === end ? 'torn' : 'checksum';
    const at = from - segment.start + SEGMENT_HEADER_BYTES;
    owner.damage({ chain: chain.options.name, file: segment.path, at, bytes: to - from, what });
  }
  const total = chain.inside(segment);
  for (const cursor of chain.cursors.values()) {
    if (end <= cursor.floor) continue;
    const done = cursor.done.get(segment.start);
    const lost = { records: total.records - (done?.records ?? 0), items: total.items - (done?.items ?? 0) };
    for (const record of scan.records) {
      if (cursor.covers(record.start)) continue;
      lost.records--;
      lost.items -= record.items;
    }
    if (lost.records !== 0 || lost.items !== 0) {
      cursor.settle(segment.start, lost.records, lost.items, { dropped: 'corrupt' });
    }
    for (const [from, to] of scan.damaged) cursor.cover(from, to);
  }
  owner.touched();
}
