import { ByteReader } from './bytes.ts';
import { type SampleColumns, WORDS } from './chunk.ts';
import { type HeadWindow, WINDOW_MS } from './head.ts';

/**
 * What memory holds of some series, as it goes to a thread that evaluates. Together with the rows of `files` below the
 * generation `before` it is every sample of theirs, each once: a chunk that a checkpoint moves to a file meanwhile gets a
 * generation that is not below.
 */
export interface HeadSlice {
  /** How many of the series asked for are in it, from the first on; the rest is to be asked for again. */
  readonly series: number;
  readonly before: number;
  /** Days with a file, and the file's number: a day that was deleted and came again has another. */
  readonly files: readonly (readonly [day: number, file: number])[];
  /** Four numbers a piece: place of the series among those asked for, window, 0 chunks or 1 words, bytes. In arrival order. */
  readonly pieces: Float64Array<ArrayBuffer>;
  /** The pieces one after another, each at a multiple of 4. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const CHUNKS = 0;
const OPEN = 1;
/** Bytes after which a slice is full. */
const FULL = 1 << 20;

/** Puts a slice together. */
export class HeadSliceBuilder {
  readonly #start: number;
  readonly #end: number;
  readonly #pieces: number[] = [];
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;

  /** What lies outside [start, end] ms is left out, chunk by chunk. */
  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  get full(): boolean {
    return this.#length >= FULL;
  }

  /** A window of the series at `place`. */
  add(place: number, at: HeadWindow): void {
    if (at.window > this.#end || at.window + WINDOW_MS <= this.#start) return;
    for (const chunk of at.full) {
      const reader = new ByteReader(chunk);
      reader.varint();
      reader.varint();
      const first = at.window + reader.varint();
      if (first <= this.#end && first + reader.varint() >= this.#start) this.#put(place, at.window, CHUNKS, chunk);
    }
    if (at.count === 0) return;
    const { buffer, byteOffset } = at.words;
    this.#put(place, at.window, OPEN, new Uint8Array(buffer, byteOffset, at.count * WORDS * 4));
  }

  take(series: number, before: number, files: HeadSlice['files']): HeadSlice {
    return {
      series,
      before,
      files,
      pieces: Float64Array.from(this.#pieces),
      bytes: this.#bytes.slice(0, this.#length),
    };
  }

  #put(place: number, window: number, kind: number, data: Uint8Array): void {
    const needed = this.#length + data.length + 3;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(data, this.#length);
    this.#length = (this.#length + data.length + 3) & ~3;
    this.#pieces.push(place, window, kind, data.length);
  }
}

/** Reads a slice from its first series to its last. */
export class HeadSliceReader {
  readonly #slice: HeadSlice;
  #piece = 0;
  #at = 0;

  constructor(slice: HeadSlice) {
    this.#slice = slice;
  }

  /** Adds to `columns` what the slice has of the series at `place`; places must ascend. `room` is told of samples before they are made. */
  read(place: number, start: number, end: number, columns: SampleColumns, room: (samples: number) => void): void {
    const { pieces, bytes } = this.#slice;
    for (; this.#piece < pieces.length && pieces[this.#piece]! <= place; this.#piece += 4) {
      const window = pieces[this.#piece + 1]!;
      const length = pieces[this.#piece + 3]!;
      if (pieces[this.#piece] === place) {
        if (pieces[this.#piece + 2] === CHUNKS) {
          columns.addChunks(bytes.subarray(this.#at, this.#at + length), window, start, end, room);
        } else {
          const count = length / (WORDS * 4);
          room(columns.count + count);
          columns.addWords(new Uint32Array(bytes.buffer, this.#at, count * WORDS), count, window, start, end);
        }
      }
      this.#at = (this.#at + length + 3) & ~3;
    }
  }
}
