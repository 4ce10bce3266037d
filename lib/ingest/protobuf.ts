import protobuf from 'protobufjs';
import { HeliographError } from '../errors.ts';
import { Parts } from './parts.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Most texts are names of a few letters: plain ones are put together without the decoder. */
const SHORT = 64;

type Replaced = 'string' | 'fixed64' | 'sfixed64' | 'uint64' | 'int64' | 'sint64';
const Base = protobuf.Reader as unknown as new (
  bytes: Uint8Array,
) => Omit<protobuf.Reader, Replaced | 'uint32'> & { uint32(): number };

/**
 * protobuf.js reads leniently (broken UTF-8 becomes U+FFFD, 64-bit numbers become objects). Here texts must be UTF-8, and 64-bit
 * numbers come as doubles: exact up to 2^53, and a time in nanoseconds is off by 128 ns at most.
 */
export class StrictReader extends Base {
  /** What was read so far, for readers of parts to count; of the whole request, however many readers it has. */
  readonly parts: Parts;

  constructor(bytes: Uint8Array, parts: Parts = new Parts()) {
    super(bytes);
    this.parts = parts;
  }

  string(): string {
    const length = this.uint32();
    const from = this.pos;
    const to = from + length;
    if (to > this.len) throw new RangeError(`a text of ${length} bytes at ${from} of ${this.len}`);
    this.pos = to;
    if (length <= SHORT) {
      let at = from;
      while (at < to && this.buf[at]! < 128) at++;
      if (at === to) return plain(this.buf, from, to);
    }
    return decode(this.buf, from, to);
  }

  /** The bytes [from, to), one character each: for a key, as nothing says that they are UTF-8. Moves nothing. */
  latin1(from: number, to: number): string {
    return plain(this.buf, from, to);
  }

  /** Behind a `tag` (below 128): the bytes of its part and of all parts under the same tag that follow it. */
  restOfRun(tag: number, end: number): string {
    const start = this.pos;
    this.pos = this.end();
    while (this.pos < end && this.buf[this.pos] === tag) {
      this.pos++;
      this.pos = this.end();
    }
    return plain(this.buf, start, this.pos);
  }

  /** Reads a length; where what follows ends. */
  end(): number {
    const length = this.uint32();
    const end = this.pos + length;
    if (end > this.len) throw new RangeError(`${length} bytes at ${this.pos} of ${this.len}`);
    return end;
  }

  /** What was read since `end()` must end there. */
  at(end: number): void {
    if (this.pos !== end) throw new RangeError(`a part that ends at ${end} was read to ${this.pos}`);
  }

  /** The bytes of all parts under `tag` (below 128) from here on, one character a byte; '' if another comes first. Moves nothing. */
  run(tag: number, end: number): string {
    const start = this.pos;
    while (this.pos < end && this.buf[this.pos] === tag) {
      this.pos++;
      this.pos = this.end();
    }
    const text = plain(this.buf, start, this.pos);
    this.pos = start;
    return text;
  }

  fixed64(): number {
    const low = this.fixed32();
    return this.fixed32() * 0x1_0000_0000 + low;
  }

  sfixed64(): number {
    const low = this.fixed32();
    return this.sfixed32() * 0x1_0000_0000 + low;
  }

  uint64(): number {
    return this.#varint64(false);
  }

  int64(): number {
    return this.#varint64(true);
  }

  sint64(): number {
    const value = this.#varint64(false);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint64(signed: boolean): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.pos >= this.len) throw new RangeError('a number ends too early');
      const byte = this.buf[this.pos++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return (signed ? high | 0 : high >>> 0) * 0x1_0000_0000 + (low >>> 0);
    }
    throw new RangeError('a number is longer than ten bytes');
  }
}

/** Counts itself: protobuf.js asks for each tag and each length as a uint32, and packed numbers one by one. */
class CountingReader extends StrictReader {
  override uint32(): number {
    this.parts.add(1);
    return super.uint32();
  }

  override uint64(): number {
    this.parts.add(1);
    return super.uint64();
  }

  override int64(): number {
    this.parts.add(1);
    return super.int64();
  }
}

/** One character a byte; Node's buffers make it at once. */
function plain(
  bytes: Uint8Array & { latin1Slice?: (from: number, to: number) => string },
  from: number,
  to: number,
): string {
  if (bytes.latin1Slice) return bytes.latin1Slice(from, to);
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function decode(bytes: Uint8Array, from: number, to: number): string {
  return utf8.decode(bytes.subarray(from, to));
}

/**
 * Runs a parser over bytes from outside; whatever it trips over is HG_DOOR_SYNTAX.
 * @throws HeliographError HG_DOOR_SYNTAX
 */
export function readProtobuf<T>(what: string, bytes: Uint8Array, read: (reader: StrictReader) => T, parts?: Parts): T {
  try {
    return read(new StrictReader(bytes, parts));
  } catch (cause) {
    if (cause instanceof HeliographError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new HeliographError(
      'HG_DOOR_SYNTAX',
      `this is no protobuf ${what}: ${detail}`,
      { bytes: bytes.length },
      cause,
    );
  }
}

/** One message of a type, up to the end; give the reader that readProtobuf gives. @throws HeliographError HG_DOOR_BODY: too many parts */
export function decodeMessage<T>(type: protobuf.Type, reader: StrictReader): T {
  return decodePart(type, reader, reader.len);
}

/** One message that stands in another, from where the reader is to `end`. @throws HeliographError HG_DOOR_BODY: too many parts */
export function decodePart<T>(type: protobuf.Type, reader: StrictReader, end: number): T {
  const counting = new CountingReader(reader.buf.subarray(reader.pos, end), reader.parts);
  reader.pos = end;
  return type.decode(counting as unknown as protobuf.Reader) as unknown as T;
}

/** A message type of a .proto text. Field names come out in camel case, and 64-bit numbers that are not there are 0. */
export function messageType(source: string, name: string): protobuf.Type {
  const { root } = protobuf.parse(source, { keepCase: false });
  plainDefaults(root);
  return root.lookupType(name);
}

/** Where a field is missing, protobuf.js would show an object for a 64-bit zero. */
function plainDefaults(space: protobuf.NamespaceBase): void {
  for (const inner of space.nestedArray) {
    if (inner instanceof protobuf.Type) {
      for (const field of inner.fieldsArray) {
        field.resolve();
        if (!field.repeated && /64$/.test(field.type)) Object.assign(inner.ctor.prototype, { [field.name]: 0 });
      }
    }
    if (inner instanceof protobuf.Namespace) plainDefaults(inner);
  }
}
