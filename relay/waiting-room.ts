import type { Counter, Registry } from '../lib/metrics.ts';
import type { Session } from './session.ts';

/** Something of a connection that is here and not acknowledged: bytes in memory. */
export interface Guest {
  readonly session: Session;
  readonly payload: Uint8Array;
}

/**
 * How much may wait unacknowledged, for each connection and over all. Beyond that the connection ends, and the collector
 * sends again later what it still has in its spool.
 */
export class WaitingRoom {
  readonly #limit: number;
  readonly #totalLimit: number;
  readonly #overflow: Counter;
  readonly #bySession = new Map<Session, Set<Guest>>();
  #bytes = 0;

  constructor(options: { limit: number; totalLimit: number; metrics: Registry }) {
    this.#limit = options.limit;
    this.#totalLimit = options.totalLimit;
    this.#overflow = options.metrics.counter(
      'heliograph_relay_held_overflow_total',
      'Connections ended because too many bytes waited unacknowledged.',
    );
    options.metrics
      .gauge('heliograph_relay_held_bytes', 'Bytes of frames that wait unacknowledged, for a definition or for room.')
      .collect(() => [[{}, this.#bytes]]);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns false if it cannot stay: its connection is over, or is ended by this */
  enter(guest: Guest): boolean {
    const { session } = guest;
    if (session.ended || session.socket.destroyed) return false;
    const bytes = guest.payload.length;
    if (session.heldBytes + bytes > this.#limit || this.#bytes + bytes > this.#totalLimit) {
      this.#overflow.inc();
      session.drop('held');
      return false;
    }
    session.heldBytes += bytes;
    this.#bytes += bytes;
    const all = this.#bySession.get(session);
    if (all) all.add(guest);
    else this.#bySession.set(session, new Set([guest]));
    return true;
  }

  /** @returns false if it had left already */
  leave(guest: Guest): boolean {
    const all = this.#bySession.get(guest.session);
    if (!all?.delete(guest)) return false;
    if (all.size === 0) this.#bySession.delete(guest.session);
    guest.session.heldBytes -= guest.payload.length;
    this.#bytes -= guest.payload.length;
    return true;
  }

  /** Whoever of a connection is here. */
  of(session: Session): Guest[] {
    return [...(this.#bySession.get(session) ?? [])];
  }
}
