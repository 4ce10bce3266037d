import { malformed, torn } from './wire-error.ts';

/** Bytes a varint may have: 8 * 7 = 56 bits hold every number below 2^53. */
export const VARINT_BYTES = 8;
const INT31 = 0x80000000;

/** Writes a whole number from 0 to 2^53-1, seven bits a byte, low first, and returns the end. Room is the caller's business. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  while (value >= INT31) {
    // Not %: of doubles that is a call, this is a few instructions.
    const high = Math.floor(value / 128);
    out[at++] = (value - high * 128) | 0x80;
    value = high;
  }
  let rest = value | 0;
  while (rest > 127) {
    out[at++] = (rest & 127) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

/** Bytes that `writeVarint` would write. */
export function varintLength(value: number): number {
  if (value < 128) return 1;
  if (value < 16384) return 2;
  if (value < 2097152) return 3;
  if (value < 268435456) return 4;
  if (value < 34359738368) return 5;
  if (value < 4398046511104) return 6;
  return value < 562949953421312 ? 7 : 8;
}

/** varintLength of a 32-bit number with so many leading zero bits. */
export const LENGTH_BY_ZEROS: Uint8Array = Uint8Array.from({ length: 33 }, (_, zeros) =>
  Math.max(1, Math.ceil((32 - zeros) / 7)),
);

/** 0, -1, 1, -2 ... as 0, 1, 2, 3 ...; exact for |value| <= 2^52 - 1. */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : value * -2 - 1;
}

export function unzigzag(value: number): number {
  const half = Math.floor(value / 2);
  return half * 2 === value ? half : -half - 1;
}

/** Reads varints one after another; ends and oversized numbers are refused. */
export class VarintReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw torn('the columns end too early', { at: this.at });
    return this.bytes[this.at++]!;
  }

  uint(): number {
    const bytes = this.bytes;
    if (this.at >= bytes.length) throw torn('the columns end within a number', { at: this.at });
    const first = bytes[this.at]!;
    if (first < 128) {
      this.at++;
      return first;
    }
    let value = first & 127;
    let factor = 128;
    for (let i = 1; i < VARINT_BYTES; i++) {
      if (this.at + i >= bytes.length) throw torn('the columns end within a number', { at: this.at });
      const next = bytes[this.at + i]!;
      value += (next & 127) * factor;
      if (next < 128) {
        this.at += i + 1;
        if (value > Number.MAX_SAFE_INTEGER) throw malformed('a number past 2^53', { at: this.at });
        return value;
      }
      factor *= 128;
    }
    throw malformed('a number of too many bytes', { at: this.at });
  }

  int(): number {
    const bytes = this.bytes;
    const at = this.at;
    // Most are of one to four bytes: those stay in 32-bit integers.
    if (at + 4 <= bytes.length) {
      let value = bytes[at]!;
      if (value < 128) {
        this.at = at + 1;
        return (value >>> 1) ^ -(value & 1);
      }
      let next = bytes[at + 1]!;
      value = (value & 127) | ((next & 127) << 7);
      if (next < 128) {
        this.at = at + 2;
        return (value >>> 1) ^ -(value & 1);
      }
      next = bytes[at + 2]!;
      value |= (next & 127) << 14;
      if (next < 128) {
        this.at = at + 3;
        return (value >>> 1) ^ -(value & 1);
      }
      next = bytes[at + 3]!;
      if (next < 128) {
        value |= next << 21;
        this.at = at + 4;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    return unzigzag(this.uint());
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw torn(`${length} bytes wanted, ${this.left} left`, { at: this.at });
    const out = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return out;
  }

  end(): void {
    if (this.left > 0) throw torn(`${this.left} bytes after the end of the columns`);
  }
}

/** Grows as it is written; for the columns whose length is not known before. */
export class VarintWriter {
  #bytes: Uint8Array;
  #at = 0;

  constructor(room = 64) {
    this.#bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.#at;
  }

  uint(value: number): void {
    if (this.#at + VARINT_BYTES > this.#bytes.length) this.#grow(VARINT_BYTES);
    this.#at = writeVarint(this.#bytes, this.#at, value);
  }

  int(value: number): void {
    this.uint(zigzag(value));
  }

  bytes(value: Uint8Array): void {
    if (this.#at + value.length > this.#bytes.length) this.#grow(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** A view of what was written, good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  reset(): void {
    this.#at = 0;
  }

  #grow(more: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
