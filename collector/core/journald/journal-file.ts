import type { Host } from '../host.ts';
import { COMPACT, HEADER_BYTES, hexOf, type JournalHeader, parseHeader, u64 } from './header.ts';
import { unpackLz4 } from './lz4.ts';

/** One entry of a journal, its fields as bytes `NAME=value`. */
export interface JournalEntry {
  readonly sequence: number;
  /** Microseconds since the epoch, when journald took it. */
  readonly realtime: number;
  readonly bootId: string;
  readonly fields: readonly Uint8Array[];
  /** Fields that could not be read: packed with what is not read here, too large, or damaged. */
  readonly unreadable: number;
}

const DATA = 1;
const ENTRY = 3;
const ENTRY_ARRAY = 6;
const PACKED_XZ = 1;
const PACKED_LZ4 = 2;
const PACKED_ZSTD = 4;
const OBJECT_HEAD = 16;
/** Most bytes of an object that are read, and of a field when it is unpacked. */
const MOST_BYTES = 1024 * 1024;
/** Objects are small: one read has most of them whole. */
const FIRST_BYTES = 512;
const MOST_FIELDS = 1024;
/** Of the larger fields of one entry together; and what one takes of it that could not be read. */
const MOST_ENTRY_BYTES = 2 * 1024 * 1024;
const UNREADABLE_BYTES = 64 * 1024;
/** Each array is at least twice as large as the one before: more of them are damage. */
const MOST_ARRAYS = 1024;
/** The shortest entry has as many bytes. */
const ENTRY_BYTES = 64;
/** Fields that many entries share are remembered, so many of at most so many bytes. */
const REMEMBERED = 2048;
const REMEMBERED_BYTES = 256;

/**
 * Reads the entries of one journal file in their order, by its descriptor, while journald may write to it. Everything is looked at with suspicion: offsets, sizes and
 * types are checked, arrays may only lead forward, and what is damaged is passed over and counted.
 */
export class JournalFile {
  readonly fd: number;
  header: JournalHeader;
  /** Entries that could not be read. */
  damaged = 0;
  readonly #host: Host;
  #buffer = new Uint8Array(FIRST_BYTES);
  readonly #known = new Map<number, Uint8Array>();
  /** The array of entries that is read, and what of it was. */
  #array: { offset: number; count: number } | null = null;
  #index = 0;
  /** Entries read, or passed over, over all arrays. */
  #read = 0;
  #arrays = 0;
  /** The number of the entry that was given last; they only grow. */
  #last = 0;
  #fileBytes: number;

  constructor(host: Host, fd: number, header: JournalHeader) {
    this.#host = host;
    this.fd = fd;
    this.header = header;
    this.#fileBytes = this.#sizeNow();
  }

  /** A journal file, or in words why it cannot be read. */
  static open(host: Host, fd: number): JournalFile | string {
    const bytes = new Uint8Array(HEADER_BYTES);
    const got = host.files.pread(fd, bytes, 0, HEADER_BYTES, 0);
    const header = parseHeader(bytes.subarray(0, Math.max(0, got)));
    return typeof header === 'string' ? header : new JournalFile(host, fd, header);
  }

  /** What journald has added. False: the head cannot be read any more. */
  refresh(): boolean {
    const bytes = new Uint8Array(HEADER_BYTES);
    if (this.#host.files.pread(this.fd, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return false;
    const header = parseHeader(bytes);
    if (typeof header === 'string' || header.fileId !== this.header.fileId) return false;
    this.header = header;
    this.#fileBytes = this.#sizeNow();
    return true;
  }

  #sizeNow(): number {
    const stat = new Float64Array(6);
    return this.#host.files.fstat(this.fd, stat) < 0 ? 0 : stat[0]!;
  }

  /** As many as the head says, and no more than there is room for. */
  get #entries(): number {
    return Math.min(this.header.entries, Math.floor(this.#fileBytes / ENTRY_BYTES));
  }

  /** All entries that were there at the last look were read. */
  get atEnd(): boolean {
    return this.#read >= this.#entries;
  }

  /** Goes to the first entry with this number or a higher one. */
  seek(sequence: number): void {
    this.#array = null;
    this.#index = 0;
    this.#read = 0;
    this.#arrays = 0;
    this.#last = 0;
    while (this.#enter()) {
      const { count } = this.#array!;
      const last = Math.min(count, this.#entries - this.#read) - 1;
      const number = last < 0 ? Number.POSITIVE_INFINITY : this.#sequenceAt(last);
      if (number >= sequence) {
        // Halves, as numbers only grow.
        let low = 0;
        let high = Math.max(0, last);
        while (low < high) {
          const middle = (low + high) >> 1;
          if (this.#sequenceAt(middle) >= sequence) high = middle;
          else low = middle + 1;
        }
        this.#index = low;
        this.#read += low;
        return;
      }
      this.#index = count;
      this.#read += Math.min(count, this.#entries - this.#read);
    }
  }

  /**
   * The next entry; null: there is none now; `damaged`: there is one that cannot be read, and is counted.
   * @param since microseconds: entries from before come without their fields
   */
  next(since = 0): JournalEntry | 'damaged' | null {
    if (this.atEnd) return null;
    if (!this.#enter()) {
      if (this.header.entryArray > 0 && this.header.state !== 'online') {
        // The way to the rest is damaged.
        this.damaged += this.#entries - this.#read;
        this.#read = this.#entries;
      }
      return null;
    }
    const offset = this.#itemAt(this.#index);
    // A place that is not filled yet, although the head counts it.
    if (offset === 0) return null;
    this.#index++;
    const place = this.#read++;
    const entry = offset < 0 ? null : this.#entryAt(offset, place, since);
    if (entry !== null && entry.sequence > this.#last) {
      this.#last = entry.sequence;
      return entry;
    }
    this.damaged++;
    return 'damaged';
  }

  /** Numbers only grow: so many entries are before this one and behind it, up to the last one's number. */
  #plausible(sequence: number, place: number): boolean {
    const { headSequence, tailSequence, entries } = this.header;
    const behind = entries - 1 - place;
    // Then it is the head that is damaged.
    if (tailSequence - headSequence < entries - 1) return true;
    return sequence >= headSequence + place && sequence <= tailSequence - behind;
  }

  /** Stands on an array that has more; false: there is none. */
  #enter(): boolean {
    if (this.#array !== null && this.#index < this.#array.count) return true;
    const before = this.#array;
    const offset = before === null ? this.header.entryArray : this.#nextArray(before.offset);
    // Only forward, so that no damage leads round in circles.
    if (offset === 0 || (before !== null && offset <= before.offset)) return false;
    if (this.#arrays >= MOST_ARRAYS) return false;
    const head = this.#object(offset, ENTRY_ARRAY, 24);
    if (head === null) return false;
    this.#arrays++;
    const bytes = Math.min(u64(viewOf(head), 8), this.#fileBytes - offset);
    this.#array = { offset, count: Math.floor((bytes - 24) / this.#itemBytes) };
    this.#index = 0;
    return this.#array.count > 0;
  }

  #nextArray(offset: number): number {
    const head = this.#object(offset, ENTRY_ARRAY, 24);
    return head === null ? 0 : u64(viewOf(head), 16);
  }

  get #itemBytes(): number {
    return (this.header.incompatible & COMPACT) !== 0 ? 4 : 8;
  }

  /** Where the entry is that is the i-th of the array; 0: none yet, -1: it cannot be read. */
  #itemAt(i: number): number {
    const size = this.#itemBytes;
    const bytes = this.#bytes(size);
    const at = this.#array!.offset + 24 + i * size;
    if (this.#host.files.pread(this.fd, bytes, 0, size, at) < size) return -1;
    return size === 4 ? viewOf(bytes).getUint32(0, true) : u64(viewOf(bytes), 0);
  }

  /** Its number; of one that cannot be read none that is searched for is above. */
  #sequenceAt(i: number): number {
    const offset = this.#itemAt(i);
    const head = offset > 0 ? this.#object(offset, ENTRY, 64) : null;
    if (head === null) return Number.POSITIVE_INFINITY;
    const sequence = u64(viewOf(head), 16);
    return this.#plausible(sequence, this.#read + i) ? sequence : Number.POSITIVE_INFINITY;
  }

  #entryAt(offset: number, place: number, since: number): JournalEntry | null {
    const own = this.#object(offset, ENTRY, Number.POSITIVE_INFINITY);
    if (own === null || own.length < 64) return null;
    // The buffer is used again for the fields.
    const bytes = own.slice();
    const view = viewOf(bytes);
    const sequence = u64(view, 16);
    if (sequence === 0 || !Number.isSafeInteger(sequence) || !this.#plausible(sequence, place)) return null;
    const realtime = u64(view, 24);
    const bootId = hexOf(bytes, 40);
    if (realtime < since) return { sequence, realtime, bootId, fields: [], unreadable: 0 };
    const compact = this.#itemBytes === 4;
    const size = compact ? 4 : 16;
    const count = Math.min(MOST_FIELDS, Math.floor((bytes.length - 64) / size));
    const fields: Uint8Array[] = [];
    let unreadable = 0;
    let room = MOST_ENTRY_BYTES;
    for (let i = 0; i < count; i++) {
      const at = 64 + i * size;
      const most = Math.max(REMEMBERED_BYTES, Math.min(MOST_BYTES, room));
      const field = this.#fieldAt(compact ? view.getUint32(at, true) : u64(view, at), most);
      if (field === null) unreadable++;
      else fields.push(field);
      // Small ones are always there: what journald says itself is among them.
      if (field === null || field.length > REMEMBERED_BYTES) room -= field?.length ?? UNREADABLE_BYTES;
    }
    return { sequence, realtime, bootId, fields, unreadable };
  }

  /** Null: it cannot be read, or has more than so many bytes. */
  #fieldAt(offset: number, most: number): Uint8Array | null {
    let field = this.#known.get(offset);
    if (field !== undefined) return field;
    const object = this.#object(offset, DATA, Number.POSITIVE_INFINITY);
    const from = (this.header.incompatible & COMPACT) !== 0 ? 72 : 64;
    if (object === null || object.length < from) return null;
    const unpacked = this.#unpacked(object.subarray(from), object[1]!, most);
    if (unpacked === null || unpacked.length > most) return null;
    field = unpacked.slice();
    if (field.length <= REMEMBERED_BYTES) {
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(offset, field);
    }
    return field;
  }

  #unpacked(bytes: Uint8Array, flags: number, most: number): Uint8Array | null {
    if ((flags & (PACKED_XZ | PACKED_LZ4 | PACKED_ZSTD)) === 0) return bytes;
    if ((flags & PACKED_LZ4) !== 0) {
      if (bytes.length < 8) return null;
      const size = u64(viewOf(bytes), 0);
      return size > most ? null : unpackLz4(bytes, 8, size);
    }
    if ((flags & PACKED_ZSTD) !== 0) return this.#host.unpackZstd?.(bytes, most) ?? null;
    return null;
  }

  /** The first bytes of an object of this type, at most as many as it has; null: there is none. Holds until the next is read. */
  #object(offset: number, type: number, most: number): Uint8Array | null {
    const { headerBytes, arenaBytes } = this.header;
    const end = headerBytes + arenaBytes;
    if (offset < headerBytes || offset % 8 !== 0 || offset + OBJECT_HEAD > end) return null;
    const first = Math.min(most, FIRST_BYTES);
    let bytes = this.#bytes(first);
    const got = this.#host.files.pread(this.fd, bytes, 0, first, offset);
    if (got < OBJECT_HEAD || bytes[0] !== type) return null;
    const size = u64(viewOf(bytes), 8);
    if (size < OBJECT_HEAD || offset + size > end) return null;
    const want = Math.min(size, most);
    if (want > MOST_BYTES) return null;
    if (got < want) {
      bytes = this.#bytes(want);
      if (this.#host.files.pread(this.fd, bytes, 0, want, offset) < want) return null;
    }
    return bytes.subarray(0, want);
  }

  #bytes(length: number): Uint8Array {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    // One large object is no reason to keep its memory.
    else if (this.#buffer.length > 64 * 1024 && length <= FIRST_BYTES) this.#buffer = new Uint8Array(FIRST_BYTES);
    return this.#buffer.subarray(0, length);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
