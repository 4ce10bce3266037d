/** Remote write 1.0 into preallocated memory: millions of samples without a small object for each. One series a call of `series`. */
export class RemoteWriteBody {
  #bytes = Buffer.allocUnsafe(1 << 20);
  #used = 0;

  /** @param labels sorted by name @param times,values of equal length */
  series(labels: readonly (readonly [string, string])[], times: Float64Array, values: Float64Array): void {
    const head = labels.map(([name, value]) => {
      const inner = Buffer.concat([textField(1, name), textField(2, value)]);
      return Buffer.concat([Buffer.from([0x0a, ...varint(inner.length)]), inner]);
    });
    const labelBytes = head.reduce((sum, part) => sum + part.length, 0);
    // A sample: 0x12, length, 0x09 and 8 bytes, 0x10 and the time in 6 bytes (ms of this century).
    const sampleBytes = 2 + 9 + 7;
    const total = labelBytes + times.length * sampleBytes;
    this.#room(total + 12);
    this.#put(0x0a, ...varint(total));
    for (const part of head) this.#used += part.copy(this.#bytes, this.#used);
    for (let i = 0; i < times.length; i++) {
      this.#put(0x12, sampleBytes - 2, 0x09);
      this.#bytes.writeDoubleLE(values[i]!, this.#used);
      this.#used += 8;
      this.#put(0x10, ...varint(times[i]!));
    }
  }

  /** The body before compression; empties this. */
  plain(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
    return bytes;
  }

  /** The body, as a snappy block that holds it uncompressed; empties this. */
  take(): Buffer {
    const parts: Buffer[] = [Buffer.from(varint(this.#used))];
    for (let at = 0; at < this.#used; at += 65_536) {
      const piece = Buffer.from(this.#bytes.subarray(at, Math.min(this.#used, at + 65_536)));
      const length = piece.length - 1;
      parts.push(Buffer.of(61 << 2, length & 255, length >> 8), piece);
    }
    this.#used = 0;
    return Buffer.concat(parts);
  }

  get size(): number {
    return this.#used;
  }

  #put(...bytes: number[]): void {
    for (const byte of bytes) this.#bytes[this.#used++] = byte;
  }

  #room(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(this.#used + more, 2 * this.#bytes.length));
    this.#bytes.copy(bytes, 0, 0, this.#used);
    this.#bytes = bytes;
  }
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

function textField(number: number, text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(body.length)]), body]);
}
