import { CborWriter } from './cbor-writer.ts';
import { LIMITS, WIRE_VERSION } from './limits.ts';
import { encodeUtf8 } from './utf8.ts';
import { VarintWriter } from './varint.ts';
import { overLimit, unwritable } from './wire-error.ts';

/** zstd of the bytes, as the host offers it. */
export type Compress = (bytes: Uint8Array) => Uint8Array;

export const COMPRESSION_NONE = 0;
export const COMPRESSION_ZSTD = 1;
/** What the columns may have: a frame holds them even where they do not compress. */
const MOST_BYTES = LIMITS.frameBytes - 1024;
const NO_NAMES: readonly string[] = [];
/** Shorter columns gain less than the call costs. */
const WORTH_COMPRESSING = 512;

/** Objects remembered for a frame. */
const MOST_SEEN = 1024;

interface SeenFields {
  readonly set: number;
  readonly count: number;
  readonly bytes: number;
}

/** Gathers lines column by column until they make a frame. One builder makes many frames, one after another. */
export class LogFrameBuilder {
  readonly #words = new Map<string, number>();
  readonly #sets = new Map<string, number>();
  readonly #times = new VarintWriter();
  readonly #levels = new VarintWriter();
  readonly #services = new VarintWriter();
  readonly #setIndexes = new VarintWriter();
  readonly #setPairs = new VarintWriter();
  readonly #lengths = new VarintWriter();
  readonly #text = new VarintWriter(4096);
  #lines = 0;
  #pairs = 0;
  /** An upper bound of the characters that the dictionary saves. */
  #units = 0;
  #wordBytes = 0;
  #last = 0;
  /** The fields of the line before: lines of one file share theirs. */
  #fields: Readonly<Record<string, string>> | null = null;
  #fieldCount = 0;
  #fieldBytes = 0;
  #fieldSet = 0;
  /** Field sets by the objects that brought them: who remembers what lines say gives the same object again, and to sort its names costs most of a line. */
  readonly #seen = new Map<Readonly<Record<string, string>>, SeenFields>();
  readonly #scratch: CborWriter | null;

  /** @param scratch where the columns are put together; several builders may share one. Without it each frame takes memory of its own. */
  constructor(scratch: CborWriter | null = null) {
    this.#scratch = scratch;
  }

  /** Lines in it. */
  get lines(): number {
    return this.#lines;
  }

  /** Bytes of the columns so far, before compression: an upper bound but for a few bytes of heads. */
  get size(): number {
    return (
      this.#text.length +
      this.#lengths.length +
      this.#times.length +
      this.#levels.length +
      this.#services.length +
      this.#setIndexes.length +
      this.#setPairs.length +
      this.#wordBytes +
      128
    );
  }

  /** True if a line of so many bytes (message and fields) may no longer be added: encode first. */
  full(bytes: number): boolean {
    return (
      this.#lines >= LIMITS.lines ||
      this.size + bytes + 64 > MOST_BYTES ||
      this.#words.size + 2 + LIMITS.fieldsPerLine * 2 > LIMITS.dictionary ||
      this.#pairs + LIMITS.fieldsPerLine > LIMITS.fieldPairs ||
      this.#units + bytes > LIMITS.logTextUnits
    );
  }

  /**
   * @param time ms since the epoch; kept to the microsecond
   * @param message bytes as they were in the file (NUL and broken UTF-8 included), or a text
   * @param fields not to be changed while the builder has lines with them
   * @throws HG_WIRE_VALUE, HG_WIRE_LIMIT; then nothing was added
   */
  add(
    time: number,
    level: string,
    service: string,
    message: Uint8Array | string,
    fields: Readonly<Record<string, string>> = {},
  ): void {
    const micros = Math.round(time * 1000);
    if (!Number.isSafeInteger(micros) || Math.abs(micros) > 2 ** 51) throw unwritable(`the time ${time} of a line`);
    const bytes = typeof message === 'string' ? encodeUtf8(message) : message;
    if (bytes.length > LIMITS.messageBytes) throw overLimit('bytes of a message', bytes.length, LIMITS.messageBytes);
    const before = fields === this.#fields ? null : this.#seen.get(fields);
    if (before) {
      this.#fields = fields;
      this.#fieldSet = before.set;
      this.#fieldCount = before.count;
      this.#fieldBytes = before.bytes;
    }
    const known = fields === this.#fields;
    const names = known ? NO_NAMES : Object.keys(fields).sort();
    if (names.length > LIMITS.fieldsPerLine) throw overLimit('fields of a line', names.length, LIMITS.fieldsPerLine);
    let fieldBytes = known ? this.#fieldBytes : 0;
    for (const name of names) fieldBytes += (name.length + fields[name]!.length) * 3 + 10;
    if (this.full(bytes.length + fieldBytes + (level.length + service.length) * 3)) {
      throw overLimit('bytes of a log frame', this.size + bytes.length + fieldBytes, MOST_BYTES);
    }
    this.#times.int(micros - this.#last);
    this.#last = micros;
    this.#levels.uint(this.#word(level));
    this.#services.uint(this.#word(service));
    if (!known) {
      this.#fieldSet = names.length === 0 ? 0 : this.#set(names, fields);
      this.#fields = fields;
      this.#fieldCount = names.length;
      this.#fieldBytes = fieldBytes;
      if (this.#seen.size < MOST_SEEN) {
        this.#seen.set(fields, { set: this.#fieldSet, count: names.length, bytes: fieldBytes });
      }
    }
    this.#setIndexes.uint(this.#fieldSet);
    this.#lengths.uint(bytes.length);
    this.#text.bytes(bytes);
    this.#pairs += this.#fieldCount;
    this.#units += this.#fieldBytes + (level.length + service.length) * 3;
    this.#lines++;
  }

  /** Index of a text in the dictionary; it is put there at first sight. */
  #word(text: string): number {
    let index = this.#words.get(text);
    if (index === undefined) {
      index = this.#words.size;
      this.#words.set(text, index);
      this.#wordBytes += text.length * 3 + 5;
    }
    return index;
  }

  /** Number of a field set, from 1; 0 is the empty one. */
  #set(names: readonly string[], fields: Readonly<Record<string, string>>): number {
    const pairs: number[] = [];
    for (const name of names) pairs.push(this.#word(name), this.#word(fields[name]!));
    const key = pairs.join();
    let number = this.#sets.get(key);
    if (number === undefined) {
      number = this.#sets.size + 1;
      this.#sets.set(key, number);
      this.#setPairs.uint(names.length);
      for (const pair of pairs) this.#setPairs.uint(pair);
    }
    return number;
  }

  /**
   * The body of a log frame; the builder is empty afterwards.
   * @param compress zstd; without it, or where it does not pay, the columns stand as they are
   */
  encode(compress?: Compress): Uint8Array {
    if (this.#lines === 0) throw unwritable('a log frame of no lines');
    const raw = this.#raw();
    const packed = compress !== undefined && raw.length >= WORTH_COMPRESSING ? compress(raw) : raw;
    const pays = packed.length < raw.length;
    return new CborWriter(packed.length + 16)
      .array(3)
      .uint(pays ? COMPRESSION_ZSTD : COMPRESSION_NONE)
      .uint(raw.length)
      .bytes(pays ? packed : raw)
      .lend();
  }

  #raw(): Uint8Array {
    const writer = this.#scratch ?? new CborWriter(this.size);
    writer.array(10).uint(WIRE_VERSION).uint(this.#lines).array(this.#words.size);
    for (const word of this.#words.keys()) writer.text(word);
    writer.bytes(this.#setPairs.view());
    for (const column of [this.#times, this.#levels, this.#services, this.#setIndexes, this.#lengths, this.#text]) {
      writer.bytes(column.view());
    }
    for (const column of [
      this.#setPairs,
      this.#times,
      this.#levels,
      this.#services,
      this.#setIndexes,
      this.#lengths,
      this.#text,
    ]) {
      column.reset();
    }
    this.#words.clear();
    this.#sets.clear();
    this.#lines = 0;
    this.#pairs = 0;
    this.#units = 0;
    this.#wordBytes = 0;
    this.#last = 0;
    this.#fields = null;
    this.#seen.clear();
    return writer.lend();
  }
}
