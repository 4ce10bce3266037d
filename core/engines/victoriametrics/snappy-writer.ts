/** Room for the length of what is not compressed, which is known at the end. */
const PREAMBLE = 5;

/**
 * Writes Snappy's block format: https://github.com/google/snappy/blob/main/format_description.txt. Literals and copies are what the caller
 * says; a copy is of bytes that stand `back` bytes before.
 */
export class SnappyWriter {
  /** Bytes so far, not compressed. */
  plain = 0;
  #at = PREAMBLE;
  readonly #out: Buffer;
  readonly #view: DataView;

  constructor(out: Buffer) {
    this.#out = out;
    this.#view = new DataView(out.buffer, out.byteOffset, out.length);
  }

  /** @param back 1 or more; less than `length` repeats what is being written */
  copy(back: number, length: number): void {
    const out = this.#out;
    this.plain += length;
    let left = length;
    let at = this.#at;
    while (left > 0) {
      if (left >= 4 && left <= 11 && back < 2_048) {
        out[at] = 1 | ((left - 4) << 2) | ((back >>> 8) << 5);
        out[at + 1] = back & 255;
        at += 2;
        break;
      }
      const piece = left > 64 ? 64 : left;
      if (back < 65_536) {
        out[at] = 2 | ((piece - 1) << 2);
        out[at + 1] = back & 255;
        out[at + 2] = back >>> 8;
        at += 3;
      } else {
        out[at] = 3 | ((piece - 1) << 2);
        this.#view.setUint32(at + 1, back, true);
        at += 5;
      }
      left -= piece;
    }
    this.#at = at;
  }

  literal(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length === 0) return;
    this.#literalOf(length);
    this.#out.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), this.#at);
    this.#at += length;
  }

  /** A key, and a length as a varint. */
  head(key: number, length: number): void {
    const out = this.#out;
    const tag = this.#at;
    let at = tag + 1;
    out[at++] = key;
    let left = length;
    for (; left > 127; left >>>= 7) out[at++] = (left & 127) | 128;
    out[at++] = left;
    const bytes = at - tag - 1;
    out[tag] = (bytes - 1) << 2;
    this.#at = at;
    this.plain += bytes;
  }

  /** Four bytes, low first. */
  word(word: number): void {
    const at = this.#at;
    this.#out[at] = 3 << 2;
    this.#view.setUint32(at + 1, word, true);
    this.#at = at + 5;
    this.plain += 4;
  }

  words(low: number, high: number): void {
    const at = this.#at;
    this.#out[at] = 7 << 2;
    this.#view.setUint32(at + 1, low, true);
    this.#view.setUint32(at + 5, high, true);
    this.#at = at + 9;
    this.plain += 8;
  }

  /** A sample of remote write; its time as `stampWords` has it. */
  sample(low: number, high: number, first: number, second: number): void {
    const out = this.#out;
    const view = this.#view;
    const at = this.#at;
    out[at] = 17 << 2;
    out[at + 1] = 0x12;
    out[at + 2] = 0x10;
    out[at + 3] = 0x09;
    view.setUint32(at + 4, low, true);
    view.setUint32(at + 8, high, true);
    view.setUint32(at + 12, first, true);
    view.setUint32(at + 15, second, true);
    this.#at = at + 19;
    this.plain += 18;
  }

  /** All of it, a copy. */
  take(): Uint8Array {
    const preamble: number[] = [];
    let left = this.plain;
    for (; left > 127; left = Math.floor(left / 128)) preamble.push((left % 128) | 128);
    preamble.push(left);
    const from = PREAMBLE - preamble.length;
    this.#out.set(preamble, from);
    return Uint8Array.prototype.slice.call(this.#out, from, this.#at);
  }

  #literalOf(length: number): void {
    const out = this.#out;
    this.plain += length;
    if (length <= 60) out[this.#at++] = (length - 1) << 2;
    else if (length <= 256) {
      out[this.#at++] = 60 << 2;
      out[this.#at++] = length - 1;
    } else if (length <= 65_536) {
      out[this.#at++] = 61 << 2;
      out[this.#at++] = (length - 1) & 255;
      out[this.#at++] = (length - 1) >>> 8;
    } else {
      out[this.#at++] = 63 << 2;
      this.#view.setUint32(this.#at, length - 1, true);
      this.#at += 4;
    }
  }
}
