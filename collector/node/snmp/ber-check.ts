/** Nested deeper than SNMP has anything. */
const MOST_DEPTH = 8;
/** More parts than the largest datagram can have in earnest: a variable takes eight bytes and three parts. */
const MOST_PARTS = 32_768;
const CONSTRUCTED = 0x20;

/** Least and most bytes of what has its size by its kind. Five and nine: a leading zero keeps an unsigned number positive. */
const SIZES: Readonly<Record<number, readonly [least: number, most: number]>> = {
  2: [1, 5], // INTEGER
  5: [0, 0], // NULL
  64: [4, 4], // IpAddress
  65: [1, 5], // Counter32
  66: [1, 5], // Gauge32
  67: [1, 5], // TimeTicks
  70: [1, 9], // Counter64
  128: [0, 0], // noSuchObject
  129: [0, 0], // noSuchInstance
  130: [0, 0], // endOfMibView
};

/**
 * What is wrong with the BER (X.690) of a datagram, null if nothing: every length stays inside what it stands in and fills it, every number has
 * a size that its kind can have. The decoder behind it is lenient: it takes a part that ends early for an empty one, and reads on past a wrong length.
 */
export function berFault(bytes: Uint8Array): string | null {
  const state = { parts: 0 };
  if (bytes[0] !== 0x30) return 'it does not begin as a message';
  const message = contentStart(bytes, 0, bytes.length);
  if (typeof message === 'string') return message;
  const end = message.from + message.length;
  return (
    inside(bytes, 0, end, 0, state) ??
    (hasShape(bytes, message.from, end) ? null : 'its parts are not those of a message')
  );
}

/** A version, a community and a PDU (RFC 1901), or a version, a header, security parameters, and a PDU in the clear or not (RFC 3412, 6). */
function hasShape(bytes: Uint8Array, from: number, end: number): boolean {
  const tags: number[] = [];
  for (let at = from; at < end; ) {
    tags.push(bytes[at]!);
    const content = contentStart(bytes, at, end) as { from: number; length: number };
    at = content.from + content.length;
  }
  const [version, second, third, fourth] = tags;
  if (version !== 2) return false;
  if (tags.length === 3) return second === 4 && third! >= 0xa0 && third! <= 0xa8;
  return tags.length === 4 && second === 0x30 && third === 4 && (fourth === 0x30 || fourth === 4);
}

function contentStart(bytes: Uint8Array, at: number, limit: number): { from: number; length: number } | string {
  if (at + 2 > limit) return 'it ends in the middle';
  if ((bytes[at]! & 0x1f) === 0x1f) return 'it has a kind that SNMP has not';
  const first = bytes[at + 1]!;
  let from = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0) return 'it has a part without a length';
    if (count > 8 || from + count > limit) return 'it has a length that cannot be';
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[from + i]!;
    from += count;
  }
  if (length > limit - from) return 'a part is longer than what it stands in';
  return { from, length };
}

function inside(bytes: Uint8Array, at: number, limit: number, depth: number, state: { parts: number }): string | null {
  if (depth > MOST_DEPTH) return 'it is nested too deep';
  let next = at;
  while (next < limit) {
    if (++state.parts > MOST_PARTS) return 'it has too many parts';
    const content = contentStart(bytes, next, limit);
    if (typeof content === 'string') return content;
    const { from, length } = content;
    const tag = bytes[next]!;
    const size = SIZES[tag];
    if (size !== undefined && (length < size[0] || length > size[1])) return 'a number has a size that it cannot have';
    if (tag === 6 && (length === 0 || length > 640 || bytes[from + length - 1]! >= 0x80)) return 'an OID does not end';
    if ((tag & CONSTRUCTED) !== 0) {
      const fault = inside(bytes, from, from + length, depth + 1, state);
      if (fault !== null) return fault;
    }
    next = from + length;
  }
  return null;
}
