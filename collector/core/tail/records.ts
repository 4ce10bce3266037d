import type { LineTable } from './lines.ts';
import { LINE_OPEN, LINE_SPLIT } from './lines.ts';
import type { Multiline } from './multiline.ts';

/**
 * Puts the lines of a table together to records of several lines, in place: a record is the bytes from its first line to the end of its last.
 * @param last gives the last one, too, although the next line might go on with it
 * @param taken bytes that the lines are of
 * @returns bytes that the records are of: a last one that may go on waits
 */
export function groupLines(
  bytes: Uint8Array,
  taken: number,
  multiline: Multiline,
  last: boolean,
  table: LineTable,
): number {
  multiline.reset();
  let records = 0;
  const { starts, ends, flags } = table;
  for (let i = 0; i < table.count; i++) {
    // Pieces of a line that is too long, and what has no end yet, stand alone.
    const alone = (flags[i]! & (LINE_SPLIT | LINE_OPEN)) !== 0;
    const before = records > 0 && (flags[records - 1]! & (LINE_SPLIT | LINE_OPEN)) !== 0;
    if (alone || before) multiline.reset();
    if (multiline.begins(bytes, starts[i]!, ends[i]!)) {
      starts[records] = starts[i]!;
      ends[records] = ends[i]!;
      flags[records] = flags[i]!;
      records++;
    } else ends[records - 1] = ends[i]!;
  }
  table.count = records;
  if (last || records === 0 || (flags[records - 1]! & (LINE_SPLIT | LINE_OPEN)) !== 0) return taken;
  table.count--;
  return starts[records - 1]!;
}
