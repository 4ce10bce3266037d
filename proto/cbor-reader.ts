import { type HexText, hex } from './hash.ts';
import { LIMITS } from './limits.ts';
import { decodeUtf8, type Utf8 } from './utf8.ts';
import { malformed, overLimit, torn } from './wire-error.ts';

/**
 * Reads the part of CBOR that the wire uses and refuses the rest: tags, indefinite lengths, short floats, integers past
 * 2^53. Each length is held against the bytes left before anything is made of it, so memory is bounded by the input.
 */
export class CborReader {
  readonly #bytes: Uint8Array;
  readonly #utf8: Utf8;
  #at: number;
  #argument = 0;

  constructor(bytes: Uint8Array, utf8: Utf8 = decodeUtf8) {
    this.#bytes = bytes;
    this.#utf8 = utf8;
    this.#at = 0;
  }

  get position(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Reads a head; the major type is returned, the argument kept. */
  #head(): number {
    const bytes = this.#bytes;
    if (this.#at >= bytes.length) throw torn('the bytes end where an item should start', { at: this.#at });
    const initial = bytes[this.#at]!;
    const extra = initial & 31;
    if (extra < 24) {
      this.#argument = extra;
      this.#at++;
      return initial >> 5;
    }
    if (extra > 27) throw malformed('an indefinite or reserved length', { at: this.#at, initial });
    const width = 1 << (extra - 24);
    if (this.#at + 1 + width > bytes.length) throw torn('the bytes end within a head', { at: this.#at });
    // A float's argument is not a number: its reader looks at the bytes itself.
    let value = 0;
    for (let i = 1; i <= width; i++) value = value * 256 + bytes[this.#at + i]!;
    if (initial >> 5 !== 7 && value > LIMITS.integer) {
      throw malformed('an integer past 2^53', { at: this.#at });
    }
    this.#argument = value;
    this.#at += 1 + width;
    return initial >> 5;
  }

  #expect(major: number, what: string): number {
    const at = this.#at;
    const found = this.#head();
    if (found !== major) throw malformed(`${what} wanted, found CBOR major type ${found}`, { at });
    return this.#argument;
  }

  uint(what = 'an unsigned integer'): number {
    return this.#expect(0, what);
  }

  /** An integer or a 64-bit float; any other thing is refused. */
  number(what = 'a number'): number {
    const at = this.#at;
    const major = this.#head();
    if (major === 0) return this.#argument;
    if (major === 1) return -1 - this.#argument;
    if (major === 7 && this.#bytes[at] === 0xfb) {
      return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at + 1, 8).getFloat64(0);
    }
    throw malformed(`${what} wanted, found CBOR major type ${major}`, { at });
  }

  /** A number that is finite. */
  finite(what = 'a number'): number {
    const value = this.number(what);
    if (!Number.isFinite(value)) throw malformed(`${what} is not finite`, { at: this.#at });
    return value;
  }

  array(max: number, what = 'an array'): number {
    const count = this.#expect(4, what);
    if (count > max) throw overLimit(what, count, max);
    if (count > this.left) throw torn(`${what} of ${count} items, ${this.left} bytes left`);
    return count;
  }

  /** An array of exactly `count` items. */
  tuple(count: number, what = 'an array'): void {
    const found = this.#expect(4, what);
    if (found !== count) throw malformed(`${what}: ${count} items wanted, found ${found}`);
  }

  map(max: number, what = 'a map'): number {
    const count = this.#expect(5, what);
    if (count > max) throw overLimit(what, count, max);
    if (count * 2 > this.left) throw torn(`${what} of ${count} pairs, ${this.left} bytes left`);
    return count;
  }

  /** A view of the bytes, not a copy. */
  bytes(max: number, what = 'a byte string'): Uint8Array {
    const length = this.#expect(2, what);
    return this.#slice(length, max, what);
  }

  /** A byte string of exactly `length` bytes as text: where `text` knows it already, nothing is made. */
  hex(length: number, what: string, text: HexText = hex): string {
    const found = this.#expect(2, what);
    const from = this.#pass(found, length, what);
    if (found !== length) throw malformed(`${what} of ${found} bytes`);
    return text(this.#bytes, from, this.#at);
  }

  #slice(length: number, max: number, what: string): Uint8Array {
    const from = this.#pass(length, max, what);
    return this.#bytes.subarray(from, this.#at);
  }

  /** Goes on behind a string of `length` bytes. @returns where it begins */
  #pass(length: number, max: number, what: string): number {
    if (length > max) throw overLimit(what, length, max);
    if (length > this.left) throw torn(`${what} of ${length} bytes, ${this.left} left`);
    const from = this.#at;
    this.#at += length;
    return from;
  }

  text(max: number, what = 'a text'): string {
    const length = this.#expect(3, what);
    const view = this.#slice(length, max, what);
    return this.#utf8(view, 0, view.length);
  }

  boolean(what = 'a boolean'): boolean {
    const at = this.#at;
    this.#head();
    const initial = this.#bytes[at];
    if (initial === 0xf5) return true;
    if (initial === 0xf4) return false;
    throw malformed(`${what} wanted`, { at });
  }

  /** True, and past it, if a null stands here. */
  isNull(): boolean {
    if (this.#bytes[this.#at] !== 0xf6) return false;
    this.#at++;
    return true;
  }

  /** The major type of what comes next. */
  peek(): number {
    if (this.left < 1) throw torn('the bytes end where an item should start', { at: this.#at });
    return this.#bytes[this.#at]! >> 5;
  }

  /** A text, number, boolean or null. */
  scalar(max: number, what = 'a scalar'): string | number | boolean | null {
    if (this.isNull()) return null;
    const major = this.peek();
    if (major === 3) return this.text(max, what);
    const initial = this.#bytes[this.#at];
    if (initial === 0xf4 || initial === 0xf5) return this.boolean(what);
    return this.number(what);
  }

  /** Goes past one item of any allowed kind without making anything of it. */
  skip(depth: number = LIMITS.depth): void {
    const at = this.#at;
    const major = this.#head();
    const argument = this.#argument;
    if (major <= 1) return;
    if (major <= 3) {
      this.#pass(argument, LIMITS.blockBytes, 'a string');
      return;
    }
    if (major === 6) throw malformed('a tag', { at });
    if (major === 7) {
      const initial = this.#bytes[at]!;
      if (initial !== 0xfb && (initial < 0xf4 || initial > 0xf6))
        throw malformed('a value that is not allowed', { at });
      return;
    }
    if (depth <= 0) throw overLimit('nesting', LIMITS.depth + 1, LIMITS.depth);
    const items = major === 5 ? argument * 2 : argument;
    if (items > this.left) throw torn(`${items} items, ${this.left} bytes left`, { at });
    for (let i = 0; i < items; i++) {
      if (major === 5 && i % 2 === 0 && this.peek() !== 3)
        throw malformed('a key that is not a text', { at: this.#at });
      this.skip(depth - 1);
    }
  }

  /** @throws HG_WIRE_TORN if bytes are left */
  end(what = 'the message'): void {
    if (this.left > 0) throw torn(`${this.left} bytes after the end of ${what}`);
  }
}
