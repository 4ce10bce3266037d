import { type Envelope, readEnvelope } from './container-envelope.ts';
import type { Flush } from './contract.ts';
import { unescapeJson } from './json-escapes.ts';
import { LINE_JOINED, LINE_OPEN, LINE_SPLIT, type LineTable } from './lines.ts';
import { Multiline, type MultilineSettings } from './multiline.ts';
import { RecordTable } from './record-table.ts';

/** What one stream of the container has begun and not ended. */
interface Open {
  /** -1: nothing. */
  row: number;
  /** Of its text so far, pairs of places in the staging buffer; a piece of -1 is a newline. */
  readonly pieces: number[];
  bytes: number;
  /** Where the line at its end was begun, which is not whole yet; -1: it is whole. */
  lineFrom: number;
  /** When the last line was written. */
  time: number;
}

const NEWLINE = -1;
/** Of what a region may have: from here on records end as soon as they are whole. */
const SOFT = 0.25;
const BOTH = [0, 1] as const;

/**
 * Takes records out of the log of a container: pieces of a line are joined, each stream for itself, and lines put together as `multiline` says.
 * Where the streams are mixed, what overlaps is one region of the file: all records but its first have LINE_JOINED, and it is given whole or not at all. It remembers
 * nothing from call to call, so the same bytes from the same beginning of a region give the same records.
 */
export class ContainerRecords {
  readonly table = new RecordTable();
  /** Lines that were in no known form and were taken as they stand. */
  odd = 0;
  readonly #multilines: readonly Multiline[] | null;
  readonly #waitMs: number;
  readonly #regionBytes: number;
  readonly #longest: number;
  readonly #envelope: Envelope = { stream: 0, time: 0, from: 0, to: 0, escaped: false, partial: false };
  readonly #open: readonly [Open, Open] = [nothing(), nothing()];
  #text: Uint8Array = new Uint8Array(0);
  #stage: Uint8Array = new Uint8Array(0);
  #textEnd = 0;
  #regionFirst = true;

  /** @param longest most bytes of a record; what is longer is split */
  constructor(multiline: MultilineSettings | null, longest: number) {
    this.#multilines = multiline === null ? null : BOTH.map(() => new Multiline(multiline));
    this.#waitMs = multiline?.waitMs ?? 0;
    this.#longest = longest;
    this.#regionBytes = Math.max(longest, multiline?.bytes ?? 0);
  }

  /** Bytes of `text` that the records of the last call are in. */
  get textBytes(): number {
    return this.#textEnd;
  }

  /**
   * @param taken of the lines
   * @param flush nothing follows in time: `records`, and a record that may go on is given, `lines`: and a line of which pieces are missing, too
   * @param stage as long as `bytes`; what it holds has no meaning afterwards
   * @param text as long as `bytes`; the texts are put there, a newline behind each
   * @returns bytes that the records are of
   */
  read(bytes: Uint8Array, taken: number, flush: Flush, lines: LineTable, stage: Uint8Array, text: Uint8Array): number {
    const { table } = this;
    table.count = 0;
    this.#text = text;
    this.#stage = stage;
    this.#textEnd = 0;
    this.#reset();
    let staged = 0;
    let boundary = 0;
    let records = 0;
    let textEnd = 0;
    let odd = 0;
    let oddThere = 0;
    const envelope = this.#envelope;
    for (let i = 0; i < lines.count; i++) {
      const from = lines.starts[i]!;
      const to = lines.ends[i]!;
      const split = (lines.flags[i]! & (LINE_SPLIT | LINE_OPEN)) !== 0;
      const isOdd = split || !readEnvelope(bytes, from, to, envelope);
      if (isOdd) {
        odd++;
        envelope.stream = 0;
        envelope.time = Number.NaN;
        envelope.from = from;
        envelope.to = to;
        envelope.escaped = false;
        envelope.partial = false;
      }
      const { stream, time, partial } = envelope;
      let end: number;
      if (envelope.escaped) end = unescapeJson(bytes, envelope.from, envelope.to, stage, staged);
      else {
        stage.set(bytes.subarray(envelope.from, envelope.to), staged);
        end = staged + envelope.to - envelope.from;
      }
      const next = end;
      if (!partial && end > staged && stage[end - 1] === 13) end--;
      this.#closeWhatWaitedTooLong(time, from - boundary);
      const open = this.#open[stream as 0 | 1];
      if (open.lineFrom < 0) {
        if (this.#begins(stream, stage, staged, end)) this.#close(stream, 0);
        if (this.#open[0].row < 0 && this.#open[1].row < 0) {
          boundary = from;
          records = table.count;
          textEnd = this.#textEnd;
          oddThere = odd - (isOdd ? 1 : 0);
          this.#regionFirst = true;
        }
        if (open.row < 0) this.#begin(stream, from, time);
        else open.pieces.push(NEWLINE, NEWLINE);
        open.lineFrom = staged;
      }
      open.pieces.push(staged, end);
      open.bytes += end - staged + 1;
      open.time = time;
      if (!partial) {
        open.lineFrom = -1;
        if (this.#multilines === null || split) this.#close(stream, split ? LINE_SPLIT : 0);
      } else if (open.bytes > this.#longest) this.#close(stream, LINE_SPLIT);
      staged = next;
    }
    const whole = this.#open.every(({ lineFrom }) => lineFrom < 0);
    if (flush === 'lines' || (flush === 'records' && whole))
      for (const stream of BOTH) this.#close(stream, this.#open[stream].lineFrom < 0 ? 0 : LINE_OPEN);
    if (this.#open[0].row < 0 && this.#open[1].row < 0) {
      this.odd += odd;
      return taken;
    }
    this.odd += oddThere;
    table.count = records;
    this.#textEnd = textEnd;
    return boundary;
  }

  #reset(): void {
    for (const open of this.#open) this.#clear(open);
    for (const multiline of this.#multilines ?? []) multiline.reset();
    this.#regionFirst = true;
  }

  #clear(open: Open): void {
    open.row = -1;
    open.pieces.length = 0;
    open.bytes = 0;
    open.lineFrom = -1;
  }

  #begins(stream: number, stage: Uint8Array, from: number, to: number): boolean {
    if (this.#multilines === null) return true;
    const multiline = this.#multilines[stream]!;
    if (this.#open[stream as 0 | 1].row < 0) multiline.reset();
    return multiline.begins(stage, from, to);
  }

  #begin(stream: number, place: number, time: number): void {
    const open = this.#open[stream as 0 | 1];
    open.row = this.table.add(place, time, stream, this.#regionFirst ? 0 : LINE_JOINED);
    this.#regionFirst = false;
  }

  /** By the times in the file, so that it is the same when it is read again: what waits on one stream must not hold up the other for ever. */
  #closeWhatWaitedTooLong(time: number, region: number): void {
    for (const stream of BOTH) {
      const open = this.#open[stream];
      if (open.row < 0) continue;
      const whole = open.lineFrom < 0;
      // A record that might go on rather ends too early than that a line is split.
      const late = time - open.time > this.#waitMs || region > this.#regionBytes * SOFT;
      if (whole && late) this.#close(stream, 0);
      else if (region > this.#regionBytes) this.#close(stream, LINE_SPLIT);
    }
  }

  /** The record that is open on the stream, if there is one, is whole. */
  #close(stream: number, flags: number): void {
    const open = this.#open[stream as 0 | 1];
    if (open.row < 0) return;
    const { table } = this;
    const text = this.#text;
    const { pieces } = open;
    const start = this.#textEnd;
    let end = start;
    for (let i = 0; i < pieces.length; i += 2) {
      if (pieces[i] === NEWLINE) text[end++] = 10;
      else {
        text.set(this.#stage.subarray(pieces[i]!, pieces[i + 1]!), end);
        end += pieces[i + 1]! - pieces[i]!;
      }
    }
    table.starts[open.row] = start;
    table.ends[open.row] = end;
    table.flags[open.row]! |= flags;
    text[end] = 10;
    this.#textEnd = end + 1;
    this.#clear(open);
  }
}

function nothing(): Open {
  return { row: -1, pieces: [], bytes: 0, lineFrom: -1, time: 0 };
}
