export const PUBLISH = 3;
export const PUBACK = 4;

/** Writes are cut from pieces of memory of this size: one each would cost more to give back than to fill. A write that waits keeps its piece. */
const SLAB_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** Called for each packet: its type, its flags, and what follows the fixed header (a view). */
export type OnPacket = (type: number, flags: number, body: Uint8Array) => void;

/** Takes whole packets off the front of `bytes`; returns where the first one begins that is not whole. */
export function readPackets(bytes: Uint8Array, onPacket: OnPacket): number {
  let at = 0;
  for (;;) {
    let length = 0;
    let shift = 0;
    let body = at + 1;
    for (;;) {
      if (body >= bytes.length) return at;
      const next = bytes[body++]!;
      length |= (next & 127) << shift;
      if (next < 128) break;
      shift += 7;
      if (shift > 21) throw new Error('a packet whose length has more than four bytes');
    }
    if (body + length > bytes.length) return at;
    const first = bytes[at]!;
    onPacket(first >> 4, first & 15, bytes.subarray(body, body + length));
    at = body + length;
  }
}

/** Gathers PUBLISH packets, so that what a host says at one moment leaves in one write and one TLS record. One serves a process. */
export class PublishBatch {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #at = 0;
  #slab = Buffer.alloc(0);
  #slabAt = 0;

  get length(): number {
    return this.#at;
  }

  /**
   * At QoS 1.
   * @param topic as bytes
   * @param more the payload's second part
   * @returns where the second part stands in `bytes`, until the next call: a frame is patched there
   */
  add(topic: Uint8Array, messageId: number, payload: Uint8Array, retain: boolean, more: Uint8Array = NOTHING): number {
    const length = 4 + topic.length + payload.length + more.length;
    this.#room(5 + length);
    const out = this.#bytes;
    let at = this.#at;
    out[at++] = (PUBLISH << 4) | 2 | (retain ? 1 : 0);
    let rest = length;
    for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128;
    out[at++] = rest;
    out[at++] = topic.length >> 8;
    out[at++] = topic.length & 255;
    out.set(topic, at);
    at += topic.length;
    out[at++] = messageId >> 8;
    out[at++] = messageId & 255;
    out.set(payload, at);
    at += payload.length;
    out.set(more, at);
    this.#at = at + more.length;
    return at;
  }

  /** All that was gathered so far, in memory that the next `add` may replace. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What was gathered, for one write; the batch is empty afterwards. */
  take(): Buffer {
    const length = this.#at;
    if (this.#slabAt + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, length));
      this.#slabAt = 0;
    }
    const out = this.#slab.subarray(this.#slabAt, this.#slabAt + length);
    this.#bytes.copy(out, 0, 0, length);
    this.#slabAt += length;
    this.#at = 0;
    return out;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
