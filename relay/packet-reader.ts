/** Of one MQTT packet's length: bytes at most, and bits of each. */
const LENGTH_BYTES = 4;
const LENGTH_BITS = 7;
const PUBLISH = 3;
const NOTHING = Buffer.alloc(0);
/** What is gathered of a packet begins with so much memory; it doubles as bytes really come. */
const FIRST_BYTES = 4096;

export interface PacketEvents {
  /** Whether a PUBLISH that begins now may be taken out. */
  readonly open: boolean;
  /** Nothing more is wanted: the rest of what was read is left. */
  readonly over: boolean;
  /**
   * A whole PUBLISH of QoS 0 or 1 in order.
   * @param topic as Latin-1: whoever compares it with ASCII is not deceived. The same string as the last time, if it is
   * the same topic
   * @param messageId undefined at QoS 0
   * @param payload a view
   * @param retain it asks to be kept for who subscribes later
   * @returns false: not wanted; the packet goes the way of the others
   */
  publish(topic: string, messageId: number | undefined, payload: Buffer, retain: boolean): boolean;
  /** Everything else, byte for byte and in order; a packet may come in parts. */
  pass(bytes: Buffer): void;
}

/**
 * Takes the PUBLISH packets out of a stream of MQTT 3.1.1 packets, because nearly all that collectors send are such, and
 * hands everything else on to the broker's own parser: other packets, and whatever is not in order, so that it is refused
 * there and in one way.
 */
export class PacketReader {
  readonly #events: PacketEvents;
  /** Of a PUBLISH that is not whole yet. */
  #held: Buffer = NOTHING;
  #used = 0;
  /** So many bytes of it must be here before it is looked at again. */
  #wants = 0;
  /** A packet is being handed on; its length is known once `#left` is. */
  #passing = false;
  #left = -1;
  #lengthBytes = 0;
  #length = 0;
  /** Of the last PUBLISH: nearly always that of the next one too. */
  #topic = '';

  constructor(events: PacketEvents) {
    this.#events = events;
  }

  /** Bytes that the PUBLISH under way has announced; 0 where there is none. */
  get announced(): number {
    return this.#used === 0 ? 0 : this.#wants;
  }

  read(chunk: Buffer): void {
    const events = this.#events;
    let at = 0;
    while (at < chunk.length && !events.over) {
      if (this.#used > 0) at = this.#gather(chunk, at);
      else if (this.#passing) at = this.#passOn(chunk, at);
      else if (isPlainPublish(chunk[at]!) && events.open) at = this.#take(chunk, at);
      else {
        this.#passing = true;
        this.#left = -1;
        this.#length = 0;
        this.#lengthBytes = 0;
        // Its first byte is not of the length; nothing is left out, because it is handed on from `at`.
        at = this.#passOn(chunk, at, 1);
      }
    }
  }

  /** A PUBLISH begins at `at`. @returns where to go on */
  #take(chunk: Buffer, at: number): number {
    const total = packetBytes(chunk, at, chunk.length);
    if (total < 0) {
      // A length that is none: the broker's parser says so, and nothing after it can be told apart.
      this.#passing = true;
      this.#left = Number.POSITIVE_INFINITY;
      return this.#passOn(chunk, at);
    }
    if (total === 0 || at + total > chunk.length) {
      this.#wants = total === 0 ? chunk.length - at + 1 : total;
      return this.#gather(chunk, at);
    }
    this.#whole(chunk, at, at + total);
    return at + total;
  }

  /** Collects what comes of a PUBLISH until it is whole. */
  #gather(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#wants - this.#used);
    this.#room(end - at);
    chunk.copy(this.#held, this.#used, at, end);
    this.#used += end - at;
    if (this.#used < this.#wants) return end;
    const total = packetBytes(this.#held, 0, this.#used);
    if (total === 0) this.#wants = this.#used + 1;
    else if (total > this.#used) this.#wants = total;
    else {
      const held = this.#held;
      const used = this.#used;
      this.#held = NOTHING;
      this.#used = 0;
      if (total > 0) this.#whole(held, 0, total);
      else {
        this.#passing = true;
        this.#left = Number.POSITIVE_INFINITY;
        this.#events.pass(held.subarray(0, used));
      }
    }
    return end;
  }

  /** What has come, and not what was announced, decides how much memory is taken. */
  #room(more: number): void {
    const wanted = this.#used + more;
    if (wanted <= this.#held.length) return;
    const doubled = Math.min(this.#wants, Math.max(FIRST_BYTES, this.#held.length * 2));
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, doubled));
    this.#held.copy(larger, 0, 0, this.#used);
    this.#held = larger;
  }

  /** The PUBLISH [at, end) is here. */
  #whole(bytes: Buffer, at: number, end: number): void {
    const body = bodyOf(bytes, at);
    const withId = (bytes[at]! & 6) !== 0;
    const topicEnd = body + 2 <= end ? body + 2 + bytes.readUInt16BE(body) : end + 1;
    const payloadAt = topicEnd + (withId ? 2 : 0);
    if (payloadAt <= end) {
      if (!isText(bytes, body + 2, topicEnd, this.#topic)) this.#topic = bytes.toString('latin1', body + 2, topicEnd);
      const messageId = withId ? bytes.readUInt16BE(topicEnd) : undefined;
      const retain = (bytes[at]! & 1) !== 0;
      if (this.#events.publish(this.#topic, messageId, bytes.subarray(payloadAt, end), retain)) return;
      // Whatever was made up is not kept.
      this.#topic = '';
    }
    this.#events.pass(bytes.subarray(at, end));
  }

  /**
   * Hands on what is here of a packet.
   * @param skip bytes at `at` that are before its length
   */
  #passOn(chunk: Buffer, at: number, skip = 0): number {
    let end = at + skip;
    while (this.#left < 0 && end < chunk.length) {
      const byte = chunk[end++]!;
      this.#length |= (byte & 127) << (LENGTH_BITS * this.#lengthBytes++);
      if (byte < 128) this.#left = this.#length;
      else if (this.#lengthBytes === LENGTH_BYTES) this.#left = Number.POSITIVE_INFINITY;
    }
    if (this.#left > 0) {
      const bytes = Math.min(this.#left, chunk.length - end);
      this.#left -= bytes;
      end += bytes;
    }
    if (this.#left === 0) this.#passing = false;
    this.#events.pass(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    return end;
  }
}

/** PUBLISH of QoS 0 or 1, whatever its other flags. */
function isPlainPublish(first: number): boolean {
  return first >> 4 === PUBLISH && (first & 4) === 0;
}

/** Bytes of the packet at `at`, its fixed header with it; 0: that cannot be said yet; -1: its length is none. */
function packetBytes(bytes: Buffer, at: number, end: number): number {
  let length = 0;
  for (let i = 0; i < LENGTH_BYTES; i++) {
    const next = at + 1 + i;
    if (next >= end) return 0;
    const byte = bytes[next]!;
    length |= (byte & 127) << (LENGTH_BITS * i);
    if (byte < 128) return 2 + i + length;
  }
  return -1;
}

/** Where the variable header of a whole packet begins. */
function bodyOf(bytes: Buffer, at: number): number {
  let body = at + 1;
  while (bytes[body]! >= 128) body++;
  return body + 1;
}

/** Whether bytes [at, end) are the text, in Latin-1. */
function isText(bytes: Buffer, at: number, end: number, text: string): boolean {
  if (end - at !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
