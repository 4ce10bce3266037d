/** What the first TLS record of a connection says. */
export type Hello =
  /** It is not all here yet. */
  | { readonly whole: false }
  /** `ticketKey`: the name of the key that its session ticket was sealed with; null: it has no ticket, or it is no ClientHello. */
  | { readonly whole: true; readonly ticketKey: Uint8Array | null };

const NONE: Hello = { whole: true, ticketKey: null };
const MORE: Hello = { whole: false };
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const PRE_SHARED_KEY = 41;
const NAME_BYTES = 16;
/** Before each TLS record. */
export const HEADER_BYTES = 5;

/** No TLS record has more behind its header (RFC 8446, 5.1 and 5.2). */
export const MOST_RECORD_BYTES = 16_384 + 256;

/**
 * How long the first record says that it is, without its header, by the first bytes of a connection. null: they do not say
 * it yet, 0: it is no handshake.
 */
export function helloLength(start: Uint8Array): number | null {
  if (start.length > 0 && start[0] !== HANDSHAKE) return 0;
  return start.length < HEADER_BYTES ? null : start[3]! * 256 + start[4]!;
}

/**
 * Looks into a ClientHello (RFC 8446, 4.1.2) for the first ticket that it offers (4.2.11), whose first bytes name its key
 * (RFC 5077, 4). Nothing is decided by it but which of two keys is tried: whatever is not understood is left to the TLS
 * library, which refuses it by name.
 */
export function readHello(bytes: Uint8Array): Hello {
  const length = helloLength(bytes);
  if (length === null) return MORE;
  if (bytes[0] !== HANDSHAKE) return NONE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = HEADER_BYTES + length;
  if (bytes.length < end) return MORE;
  try {
    return { whole: true, ticketKey: ticketKey(view, bytes, end) };
  } catch (error) {
    // A length that leads out of the bytes.
    if (error instanceof RangeError) return NONE;
    throw error;
  }
}

function ticketKey(view: DataView, bytes: Uint8Array, end: number): Uint8Array | null {
  if (view.getUint8(5) !== CLIENT_HELLO) return null;
  // Type and length of the message, version, random.
  let at = 5 + 4 + 2 + 32;
  at += 1 + view.getUint8(at); // session id
  at += 2 + view.getUint16(at); // cipher suites
  at += 1 + view.getUint8(at); // compression methods
  at += 2;
  while (at + 4 <= end) {
    const type = view.getUint16(at);
    const length = view.getUint16(at + 2);
    // Lengths of the list and of its first identity, then the identity: the ticket.
    if (type === PRE_SHARED_KEY) {
      const ticket = at + 8;
      if (view.getUint16(at + 6) < NAME_BYTES || ticket + NAME_BYTES > end) return null;
      return bytes.subarray(ticket, ticket + NAME_BYTES);
    }
    at += 4 + length;
  }
  return null;
}
