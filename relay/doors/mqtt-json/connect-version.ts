/** The name of the protocol in CONNECT, from 3.1.1 on, with its length before it. */
const NAME = [0, 4, 77, 81, 84, 84];
const CONNECT = 0x10;
/** The level of MQTT 5. */
const FIVE = 5;
/** A bridge between brokers says so by this bit. */
const BRIDGE = 0x80;
const MOST_LENGTH_BYTES = 4;

/** CONNACK as MQTT 5 has it: no session, reason 0x84 (unsupported protocol version), no properties (3.2 there). */
export const UNSUPPORTED_VERSION: Uint8Array = Uint8Array.of(0x20, 3, 0, 0x84, 0);

/**
 * Whether a connection begins with the CONNECT of MQTT 5 or later: its answer has another form than 3.1.1 has, and without it such a client says of a broken
 * packet what it was told of its version.
 * @param start the first bytes of it
 * @returns null: they do not say it yet
 */
export function asksForFive(start: Uint8Array): boolean | null {
  if (start.length === 0) return null;
  if (start[0] !== CONNECT) return false;
  let at = 1;
  while (at <= MOST_LENGTH_BYTES && at < start.length && start[at]! >= BRIDGE) at++;
  if (at > MOST_LENGTH_BYTES) return false;
  at++;
  for (const byte of NAME) {
    if (at >= start.length) return null;
    if (start[at++] !== byte) return false;
  }
  return at >= start.length ? null : (start[at]! & ~BRIDGE) >= FIVE;
}
