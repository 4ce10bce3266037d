import { type GroupRows, type RequestPart, wordsOf } from './encode.ts';
import { SAMPLE } from './sample-bytes.ts';
import type { PageBytes } from './series-bytes.ts';
import { SnappyWriter } from './snappy-writer.ts';
import { isPlain, stampOf, stampWords } from './stamps.ts';

/** Key and length of a sample and key of its value; the value; key and bytes of its time. */
const HEAD = 3;
const VALUE = 8;
const STAMP = 7;

/** All of it in one turn. */
export function encodeSnappyRequest(
  parts: readonly RequestPart<GroupRows>[],
  space: (bytes: number) => Buffer,
): { bytes: Uint8Array; samples: number } {
  const request = new SnappyRequest(parts, space);
  for (const part of parts) request.part(part);
  return { bytes: request.take(), samples: request.samples };
}

/** Where the entries of a page's series stood last, and how long they were. */
interface Stood {
  readonly at: Int32Array;
  readonly bytes: Int32Array;
}

/**
 * What `PlainRequest` makes of the parts, in Snappy's block format. A compressor would look for what stood there before; here it is known:
 * the labels of a series where the same page stood for another host, the target's labels and the times at the series before. So nothing is
 * searched, and what is not compressed is never made.
 */
export class SnappyRequest {
  readonly #writer: SnappyWriter;
  samples = 0;
  readonly #pages = new Map<PageBytes, Stood>();

  /** @param space gives at least so many bytes, enough for all of `parts` */
  constructor(parts: readonly RequestPart<GroupRows>[], space: (bytes: number) => Buffer) {
    let most = 16;
    for (const { rows, columns, from, to } of parts) {
      const { page, target } = rows[0]!.group;
      const instants = rows.reduce((sum, { times }) => sum + times.length, 0);
      // A sample is a copy and a literal for its time, the same for its value; labels are copied in pieces of 64 bytes.
      most += (to - from) * (target.length * 1.1 + 64 + instants * 40);
      for (let at = from; at < to; at++) most += page.labels[columns === null ? at : columns[at]!]!.length * 1.1;
    }
    this.#writer = new SnappyWriter(space(Math.ceil(most)));
  }

  take(): Uint8Array {
    return this.#writer.take();
  }

  part({ rows, columns, from, to }: RequestPart<GroupRows>): void {
    const writer = this.#writer;
    const { page, target } = rows[0]!.group;
    const stood = this.#stood(page);
    const part = new SeriesSamples(rows);
    // Where the target's labels stand at the series before; and where its samples do, if it has all of them.
    let targetAt = -1;
    for (let place = from; place < to; place++) {
      const column = columns === null ? place : columns[place]!;
      const count = part.count(column);
      if (count === 0) continue;
      const regular = part.plain && count === part.instants;
      const labels = page.labels[column]!;
      const body = labels.length + target.length + part.bytes(column, regular);
      const entry = writer.plain;
      const before = stood.at[column]!;
      if (stood.bytes[column] === body) writer.copy(entry - before, lengthBytes(body) + 1 + labels.length);
      else {
        writer.head(0x0a, body);
        if (before < 0) writer.literal(labels, 0, labels.length);
        else writer.copy(writer.plain - before - 1 - lengthBytes(stood.bytes[column]!), labels.length);
      }
      stood.at[column] = entry;
      stood.bytes[column] = body;
      const here = writer.plain;
      if (regular && part.before >= 0) part.writeLike(writer, here - targetAt, target.length, column);
      else {
        if (targetAt >= 0) writer.copy(here - targetAt, target.length);
        else writer.literal(target, 0, target.length);
        part.write(writer, column);
      }
      part.before = regular ? column : -1;
      targetAt = here;
      this.samples += count;
    }
  }

  #stood(page: PageBytes): Stood {
    let stood = this.#pages.get(page);
    if (stood === undefined) {
      const size = page.labels.length;
      stood = { at: new Int32Array(size).fill(-1), bytes: new Int32Array(size).fill(-1) };
      this.#pages.set(page, stood);
    }
    return stood;
  }
}

/** Samples of the series of one part. */
class SeriesSamples {
  /** Whether all times are. */
  readonly plain: boolean;
  readonly instants: number;
  /** The series that stands before, with all its samples; -1: there is none. */
  before = -1;
  readonly #rows: readonly GroupRows[];
  readonly #bits: readonly Uint32Array[];
  readonly #masked: boolean;
  readonly #size: number;

  constructor(rows: readonly GroupRows[]) {
    this.#rows = rows;
    this.#bits = rows.map(wordsOf);
    this.#masked = rows.some(({ mask }) => mask !== null);
    this.#size = rows[0]!.group.size;
    this.plain = rows.every(({ times }) => times.every(isPlain));
    this.instants = rows.reduce((sum, { times }) => sum + times.length, 0);
  }

  count(column: number): number {
    if (!this.#masked) return this.instants;
    let count = 0;
    for (const { times, mask } of this.#rows) {
      if (mask === null) count += times.length;
      else for (let i = 0; i < times.length; i++) count += mask[i * this.#size + column] === 0 ? 0 : 1;
    }
    return count;
  }

  /** Of the samples of a series. */
  bytes(column: number, regular: boolean): number {
    if (regular) return this.instants * SAMPLE;
    let bytes = 0;
    for (const { times, mask } of this.#rows) {
      for (let i = 0; i < times.length; i++) {
        if (mask === null || mask[i * this.#size + column] !== 0) bytes += HEAD + VALUE + stampOf(times[i]!).length;
      }
    }
    return bytes;
  }

  /** The samples of a series as they are. */
  write(writer: SnappyWriter, column: number): void {
    for (const [r, { times, mask }] of this.#rows.entries()) {
      const bits = this.#bits[r]!;
      for (let i = 0; i < times.length; i++) {
        const place = i * this.#size + column;
        if (mask !== null && mask[place] === 0) continue;
        const time = times[i]!;
        if (isPlain(time)) {
          const [first, second] = stampWords(time);
          writer.sample(bits[place * 2]!, bits[place * 2 + 1]!, first, second);
        } else {
          const stamp = stampOf(time);
          const bytes = new Uint8Array(HEAD + VALUE + stamp.length);
          bytes.set([0x12, 9 + stamp.length, 0x09]);
          bytes.set(new Uint8Array(Uint32Array.of(bits[place * 2]!, bits[place * 2 + 1]!).buffer), HEAD);
          bytes.set(stamp, HEAD + VALUE);
          writer.literal(bytes, 0, bytes.length);
        }
      }
    }
  }

  /**
   * The target's labels and the samples of a series, held against those of the series before, which are laid out alike: only values differ.
   * @param back how far back those stand
   */
  writeLike(writer: SnappyWriter, back: number, targetBytes: number, column: number): void {
    // What is the same there and not written yet.
    let same = targetBytes;
    const { before } = this;
    for (let r = 0; r < this.#rows.length; r++) {
      const bits = this.#bits[r]!;
      const instants = this.#rows[r]!.times.length;
      for (let i = 0; i < instants; i++) {
        const row = i * this.#size;
        const low = bits[(row + column) * 2]!;
        const high = bits[(row + column) * 2 + 1]!;
        const there = (row + before) * 2;
        same += HEAD;
        const last = (row - this.#size + column) * 2;
        if (low === bits[there]! && high === bits[there + 1]!) same += VALUE;
        else if (i > 0 && low === bits[last]! && high === bits[last + 1]!) {
          writer.copy(back, same);
          writer.copy(SAMPLE, VALUE);
          same = 0;
        } else if (low === bits[there]!) {
          // Whole numbers that are not large have nothing in the low half.
          writer.copy(back, same + 4);
          writer.word(high);
          same = 0;
        } else {
          writer.copy(back, same);
          writer.words(low, high);
          same = 0;
        }
        same += STAMP;
      }
    }
    writer.copy(back, same);
  }
}

/** Bytes of a varint. */
function lengthBytes(value: number): number {
  let bytes = 1;
  for (let left = value; left > 127; left >>>= 7) bytes++;
  return bytes;
}
