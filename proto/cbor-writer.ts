import { LIMITS } from './limits.ts';
import { writeUtf8 } from './utf8.ts';
import { overLimit, unwritable } from './wire-error.ts';

/** Writes the deterministic part of CBOR (RFC 8949, 4.2.1) that the wire uses: definite lengths, shortest heads, doubles of 64 bits. */
export class CborWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(room = 256) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  /** A copy of what was written; the writer starts anew. */
  take(): Uint8Array {
    const out = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return out;
  }

  /** What was written, as a view that holds until the next write; the writer starts anew. For what is copied or packed at once. */
  lend(): Uint8Array {
    const out = this.#bytes.subarray(0, this.#at);
    this.#at = 0;
    return out;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #head(major: number, argument: number): void {
    this.#room(9);
    const top = major << 5;
    if (argument < 24) this.#bytes[this.#at++] = top | argument;
    else if (argument < 0x100) {
      this.#bytes[this.#at++] = top | 24;
      this.#bytes[this.#at++] = argument;
    } else if (argument < 0x10000) {
      this.#bytes[this.#at++] = top | 25;
      this.#view.setUint16(this.#at, argument);
      this.#at += 2;
    } else if (argument < 0x100000000) {
      this.#bytes[this.#at++] = top | 26;
      this.#view.setUint32(this.#at, argument);
      this.#at += 4;
    } else {
      this.#bytes[this.#at++] = top | 27;
      this.#view.setUint32(this.#at, Math.floor(argument / 0x100000000));
      this.#view.setUint32(this.#at + 4, argument % 0x100000000);
      this.#at += 8;
    }
  }

  array(count: number): this {
    this.#head(4, count);
    return this;
  }

  map(count: number): this {
    this.#head(5, count);
    return this;
  }

  /** A whole number from 0 to 2^53-1. @throws HG_WIRE_VALUE */
  uint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw unwritable(`${value} is not a whole number from 0 to 2^53-1`);
    this.#head(0, value);
    return this;
  }

  /** A whole number as an integer, another as a 64-bit float. */
  number(value: number): this {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#head(0, value);
      else this.#head(1, -1 - value);
      return this;
    }
    this.#room(9);
    this.#bytes[this.#at++] = 0xfb;
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#head(2, value.length);
    return this.raw(value);
  }

  /** @throws HG_WIRE_LIMIT for a text of more bytes than `max` */
  text(value: string, max: number = LIMITS.blockBytes): this {
    // The head's width depends on the length in bytes, so the text goes behind the widest head and is moved back.
    this.#room(value.length * 3 + 9);
    if (value.length * 3 < 24) {
      const end = writeUtf8(value, this.#bytes, this.#at + 1);
      this.#bytes[this.#at] = 0x60 | (end - this.#at - 1);
      this.#at = end;
      return this;
    }
    const start = this.#at + 9;
    const end = writeUtf8(value, this.#bytes, start);
    if (end - start > max) throw overLimit('bytes of a text', end - start, max);
    this.#head(3, end - start);
    this.#bytes.copyWithin(this.#at, start, end);
    this.#at += end - start;
    return this;
  }

  boolean(value: boolean): this {
    this.#room(1);
    this.#bytes[this.#at++] = value ? 0xf5 : 0xf4;
    return this;
  }

  null(): this {
    this.#room(1);
    this.#bytes[this.#at++] = 0xf6;
    return this;
  }

  /** Bytes that are CBOR already. */
  raw(value: Uint8Array): this {
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }
}
