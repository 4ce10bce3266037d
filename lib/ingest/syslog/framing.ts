/** What was wrong with the frame of a message that is taken all the same. `torn`: the connection ended in it. */
export type FrameFlaw = '' | 'too_long' | 'frame' | 'torn';

/** Gets the message bytes[from, to), and keeps none of the bytes. */
export type TakeMessage = (bytes: Buffer, from: number, to: number, flaw: FrameFlaw) => void;

/** Digits of a length; more are none. */
const MOST_DIGITS = 9;
const NONE: Buffer = Buffer.alloc(0);

/**
 * The messages of one connection (RFC 6587): octet counting (`LENGTH MESSAGE`, 3.4.1, and RFC 5425) or a newline behind each (3.4.2). The first
 * bytes say which: a number, a blank and `<` are a count. Holds at most `maxBytes` and a count between two pieces.
 *
 * A message that is longer than `maxBytes` is cut there and read over to its end. Where a count should stand and none does, the bytes up to the next
 * newline are a message, and then a count is looked for again: other messages of the connection are not harmed.
 */
export class StreamFraming {
  readonly #most: number;
  #counted: boolean | null = null;
  #held: Buffer = NONE;
  /** Of `#held`, up to where no newline is. */
  #searched = 0;
  /** Bytes of a cut message still to come; infinite: up to a newline. */
  #over = 0;

  /** @param most bytes of a message */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes that wait for more. */
  get held(): number {
    return this.#held.length;
  }

  push(piece: Buffer, take: TakeMessage): void {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    let at = 0;
    for (;;) {
      const next = this.#next(bytes, at, take);
      if (next < 0) break;
      at = next;
      this.#searched = 0;
    }
    // A copy: the piece is a part of a larger buffer, which would stay with it.
    this.#held = at >= bytes.length ? NONE : at === 0 && bytes !== piece ? bytes : Buffer.from(bytes.subarray(at));
  }

  /** The connection ended: what is held is a message without its end. */
  end(take: TakeMessage): void {
    const bytes = this.#held;
    this.#held = NONE;
    if (this.#over > 0 || bytes.length === 0) return;
    // Behind the last message many send no newline.
    if (this.#counted !== true) {
      take(bytes, 0, bytes.length, '');
      return;
    }
    const from = behindCount(bytes);
    if (from < bytes.length) take(bytes, from, bytes.length, 'torn');
  }

  /** One step from `at` on; where the next begins, or -1: more bytes are wanted, and those from `at` on with them. */
  #next(bytes: Buffer, at: number, take: TakeMessage): number {
    if (at >= bytes.length) return -1;
    if (this.#over > 0) return this.#readOver(bytes, at);
    if (this.#counted === null) {
      this.#counted = isCounted(bytes, at);
      if (this.#counted === null) return -1;
    }
    return this.#counted ? this.#nextCounted(bytes, at, take) : this.#nextLine(bytes, at, take, '');
  }

  #readOver(bytes: Buffer, at: number): number {
    if (this.#over !== Number.POSITIVE_INFINITY) {
      const count = Math.min(this.#over, bytes.length - at);
      this.#over -= count;
      return at + count;
    }
    const end = bytes.indexOf(10, at);
    if (end < 0) return bytes.length;
    this.#over = 0;
    return end + 1;
  }

  #nextCounted(bytes: Buffer, at: number, take: TakeMessage): number {
    const first = bytes[at]!;
    // Some send a newline or NUL behind a counted message, and do not count it.
    if (first === 10 || first === 13 || first === 0 || first === 32) return at + 1;
    let length = 0;
    let next = at;
    for (; next < bytes.length && next - at <= MOST_DIGITS; next++) {
      const digit = bytes[next]! - 48;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    if (next === bytes.length && next - at <= MOST_DIGITS) return -1;
    if (next === at || next - at > MOST_DIGITS || bytes[next] !== 32 || length === 0) {
      return this.#nextLine(bytes, at, take, 'frame');
    }
    const from = next + 1;
    if (length > this.#most) {
      if (bytes.length - from < this.#most) return -1;
      take(bytes, from, from + this.#most, 'too_long');
      this.#over = length - this.#most;
      return from + this.#most;
    }
    if (bytes.length - from < length) return -1;
    take(bytes, from, from + length, '');
    return from + length;
  }

  #nextLine(bytes: Buffer, at: number, take: TakeMessage, flaw: FrameFlaw): number {
    const end = bytes.indexOf(10, at + this.#searched);
    if (end >= 0 && end - at <= this.#most) {
      // An empty line is no message.
      if (end > at && !(end === at + 1 && bytes[at] === 13)) take(bytes, at, end, flaw);
      return end + 1;
    }
    if (end < 0 && bytes.length - at <= this.#most) {
      this.#searched = bytes.length - at;
      return -1;
    }
    take(bytes, at, at + this.#most, 'too_long');
    this.#over = Number.POSITIVE_INFINITY;
    return at + this.#most;
  }
}

/** Null: that cannot be said yet. */
function isCounted(bytes: Uint8Array, at: number): boolean | null {
  let next = at;
  while (next < bytes.length && next - at <= MOST_DIGITS && bytes[next]! >= 48 && bytes[next]! <= 57) next++;
  if (next - at > MOST_DIGITS) return false;
  if (next >= bytes.length) return null;
  if (next === at || bytes[at] === 48 || bytes[next] !== 32) return false;
  return next + 1 < bytes.length ? bytes[next + 1] === 60 : null;
}

/** Behind a count and its blank, if they are there: of a count alone, its end. */
function behindCount(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && bytes[at]! >= 48 && bytes[at]! <= 57) at++;
  if (at === bytes.length) return at;
  return at > 0 && bytes[at] === 32 ? at + 1 : 0;
}
