/** Flags of a line. */
export const LINE_SPLIT = 1;
export const LINE_OPEN = 2;
/** It overlaps with the one before in the file: no frame may end between the two. */
export const LINE_JOINED = 4;

/** The ends of lines found in a buffer; reused from batch to batch. */
export class LineTable {
  count = 0;
  starts = new Uint32Array(1024);
  ends = new Uint32Array(1024);
  flags = new Uint8Array(1024);

  add(start: number, end: number, flags: number): void {
    if (this.count === this.starts.length) {
      const grow = this.count * 2;
      const starts = new Uint32Array(grow);
      starts.set(this.starts);
      this.starts = starts;
      const ends = new Uint32Array(grow);
      ends.set(this.ends);
      this.ends = ends;
      const flagged = new Uint8Array(grow);
      flagged.set(this.flags);
      this.flags = flagged;
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.flags[this.count] = flags;
    this.count++;
  }
}

/**
 * Finds the lines of bytes[0, length). A line ends at LF; one CR before it is not part of the line; an empty line is a line.
 * A line of more than `longest` bytes is split into pieces of `longest`, each flagged LINE_SPLIT: nothing of it is lost, and
 * reading it again from any piece gives the same pieces. What follows the last LF waits, unless `flush`: then it is a line, LINE_OPEN.
 * Gives how many bytes were taken.
 */
export function findLines(
  bytes: Uint8Array,
  length: number,
  longest: number,
  flush: boolean,
  table: LineTable,
): number {
  let at = 0;
  table.count = 0;
  while (at < length) {
    const found = bytes.indexOf(10, at);
    const end = found === -1 || found >= length ? length : found;
    const complete = end < length;
    let split = 0;
    while (end - at > longest) {
      table.add(at, at + longest, LINE_SPLIT);
      at += longest;
      split = LINE_SPLIT;
    }
    if (complete) {
      table.add(at, end > at && bytes[end - 1] === 13 ? end - 1 : end, split);
      at = end + 1;
      continue;
    }
    if (flush && end > at) {
      table.add(at, end, split | LINE_OPEN);
      at = end;
    }
    break;
  }
  return at;
}
