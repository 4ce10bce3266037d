import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { Gunzip } from 'fflate';

/** Unpacked, of what was read last: a tail reads on from a little before where it was. */
const WINDOW_BYTES = 1024 * 1024;
/** And of the beginning, by which a file is known. */
const HEAD_BYTES = 4096;
/** Packed bytes a step: they may become a thousand times as many. */
const STEP_BYTES = 16384;
/** The shortest gzip file: head, an empty block, CRC and size. */
const LEAST_BYTES = 20;
/** Unpacked in one call, some 100 ms of CPU: all else waits. The next call goes on from there. */
const MOST_AT_ONCE = 6 * 1024 * 1024;
const EIO = -5;
const EAGAIN = -11;

/** What is packed in a gzip file, read by places, which should mostly grow: to go back beyond the window means to begin again. */
export class GzipFile {
  readonly stats: Stats;
  /** Bytes that are packed in it, as it says itself. */
  readonly size: number;
  readonly #fd: number;
  /** The window, as it was unpacked: nothing is copied together while a place far away is looked for. */
  #pieces: Uint8Array[] = [];
  #gunzip = this.#unpacking();
  #packed = 0;
  #head = Buffer.alloc(0);
  /** Where the window begins, and where it ends. */
  #from = 0;
  #end = 0;

  private constructor(fd: number, stats: Stats, size: number) {
    this.#fd = fd;
    this.stats = stats;
    this.size = size;
  }

  /** Null: it is no gzip file, or has more than `most` bytes. @throws what the system says */
  static open(path: string, most: number): GzipFile | null {
    // A pipe of that name would wait for somebody who writes.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      const ends = Buffer.alloc(6);
      if (stats.isFile() && stats.size >= LEAST_BYTES && stats.size <= most) {
        readSync(fd, ends, 0, 2, 0);
        readSync(fd, ends, 2, 4, stats.size - 4);
        // RFC 1952: the last four bytes are the size, modulo 2^32; what is smaller than the file itself has gone round.
        const size = ends.readUInt32LE(2);
        if (ends[0] === 0x1f && ends[1] === 0x8b && size <= most) return new GzipFile(fd, stats, size);
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    return null;
  }

  /** As of a plain file; a negative errno where it is damaged; -11: the place is far away, and the same call again comes nearer. */
  pread(into: Uint8Array, offset: number, length: number, position: number): number {
    const end = Math.min(position + length, this.size);
    if (position >= end) return 0;
    if (end <= this.#head.length) return this.#copy(this.#head, position, end, into, offset);
    if (position < this.#from) this.#restart();
    const most = this.#end + MOST_AT_ONCE;
    while (this.#end < end) {
      if (this.#end > most) return EAGAIN;
      // The window may not lose what is wanted.
      if (!this.#step(position)) return EIO;
    }
    let at = this.#from;
    for (const piece of this.#pieces) {
      if (at < end && at + piece.length > position) {
        const start = Math.max(0, position - at);
        into.set(piece.subarray(start, end - at), offset + at + start - position);
      }
      at += piece.length;
    }
    return end - position;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #copy(from: Buffer, start: number, end: number, into: Uint8Array, offset: number): number {
    into.set(from.subarray(start, end), offset);
    return end - start;
  }

  #unpacking(): Gunzip {
    return new Gunzip((piece) => {
      if (piece.length === 0) return;
      this.#pieces.push(piece);
      this.#end += piece.length;
    });
  }

  #restart(): void {
    this.#pieces = [];
    this.#gunzip = this.#unpacking();
    this.#packed = 0;
    this.#from = 0;
    this.#end = 0;
  }

  /** Unpacks a little more. False: there is no more, or it is damaged. */
  #step(keepFrom: number): boolean {
    const packed = new Uint8Array(STEP_BYTES);
    const got = readSync(this.#fd, packed, 0, STEP_BYTES, this.#packed);
    if (got === 0) return false;
    this.#packed += got;
    try {
      this.#gunzip.push(packed.subarray(0, got), this.#packed >= this.stats.size);
    } catch {
      return false;
    }
    if (this.#from === 0 && this.#head.length < HEAD_BYTES)
      this.#head = Buffer.concat(this.#pieces).subarray(0, HEAD_BYTES);
    const from = Math.min(keepFrom, this.#end - WINDOW_BYTES);
    let gone = 0;
    while (gone < this.#pieces.length && this.#from + this.#pieces[gone]!.length <= from)
      this.#from += this.#pieces[gone++]!.length;
    this.#pieces.splice(0, gone);
    return true;
  }
}
