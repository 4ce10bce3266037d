import type { Counter, Registry } from '../lib/metrics.ts';
import type { DataClass } from '../proto/class.ts';
import type { FrameHeader } from '../proto/frame.ts';
import type { Hash } from '../proto/hash.ts';
import type { Session } from './session.ts';

/** A frame that is here but not acknowledged: it cannot be decoded yet, or the journal has no room. */
export interface Waiting {
  readonly session: Session;
  readonly class: DataClass;
  readonly header: FrameHeader & { definitions: Hash[] };
  readonly payload: Uint8Array;
  readonly messageId: number | undefined;
  readonly received: number;
}

/** How often a definition that does not come is asked for again. */
const ASK_AGAIN_MS = 5000;

/**
 * Frames that wait. They cost memory, so they are capped for each connection and over all; beyond the cap the connection
 * ends, unacknowledged, and the collector sends again later what it still has in its spool.
 */
export class Held {
  readonly #limit: number;
  readonly #totalLimit: number;
  readonly #retry: (waiting: Waiting) => void;
  readonly #ask: (session: Session, hashes: readonly Hash[]) => void;
  readonly #overflow: Counter;
  readonly #byHash = new Map<Hash, Set<Waiting>>();
  readonly #bySession = new Map<Session, Set<Waiting>>();
  readonly #missing = new Map<Waiting, Set<Hash>>();
  readonly #asked = new Map<Session, Map<Hash, number>>();
  #forRoom: Waiting[] = [];
  #bytes = 0;

  constructor(options: {
    limit: number;
    totalLimit: number;
    retry: (waiting: Waiting) => void;
    ask: (session: Session, hashes: readonly Hash[]) => void;
    metrics: Registry;
  }) {
    this.#limit = options.limit;
    this.#totalLimit = options.totalLimit;
    this.#retry = options.retry;
    this.#ask = options.ask;
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

  /** Waits for definitions, and asks the collector for them. */
  forDefinitions(waiting: Waiting, missing: readonly Hash[], now: number): void {
    if (!this.#enter(waiting)) return;
    this.#missing.set(waiting, new Set(missing));
    for (const hash of missing) {
      const others = this.#byHash.get(hash);
      if (others) others.add(waiting);
      else this.#byHash.set(hash, new Set([waiting]));
    }
    this.#askFor(waiting.session, missing, now);
  }

  /** Waits until the journal has room. */
  forRoom(waiting: Waiting): void {
    if (this.#enter(waiting)) this.#forRoom.push(waiting);
  }

  /** A definition is here: the frames that waited for nothing else are tried again. */
  arrived(hash: Hash, usable: (host: string) => boolean): void {
    for (const waiting of [...(this.#byHash.get(hash) ?? [])]) {
      if (!usable(waiting.session.host)) continue;
      const missing = this.#missing.get(waiting);
      this.#unlist(hash, waiting);
      missing?.delete(hash);
      if (missing && missing.size === 0) {
        this.#leave(waiting);
        this.#retry(waiting);
      }
    }
  }

  /** Tries again what waited for room, and asks again for what does not come. */
  sweep(now: number): void {
    const again = this.#forRoom;
    this.#forRoom = [];
    for (const waiting of again) {
      if (!this.#bySession.get(waiting.session)?.has(waiting)) continue;
      this.#leave(waiting);
      this.#retry(waiting);
    }
    const bySession = new Map<Session, Set<Hash>>();
    for (const [waiting, missing] of this.#missing) {
      const all = bySession.get(waiting.session) ?? new Set();
      for (const hash of missing) all.add(hash);
      bySession.set(waiting.session, all);
    }
    for (const [session, hashes] of bySession) this.#askFor(session, [...hashes], now);
  }

  /** The connection is gone: what it had not acknowledged comes again. */
  forget(session: Session): void {
    for (const waiting of [...(this.#bySession.get(session) ?? [])]) this.#leave(waiting);
    this.#bySession.delete(session);
    this.#asked.delete(session);
  }

  /** Asks at once for everything a connection waits for: it has just subscribed to where it is asked. */
  askAgain(session: Session, now: number): void {
    this.#asked.delete(session);
    const hashes = new Set<Hash>();
    for (const waiting of this.#bySession.get(session) ?? []) {
      for (const hash of this.#missing.get(waiting) ?? []) hashes.add(hash);
    }
    if (hashes.size > 0) this.#askFor(session, [...hashes], now);
  }

  #askFor(session: Session, hashes: readonly Hash[], now: number): void {
    let asked = this.#asked.get(session);
    if (!asked) {
      asked = new Map();
      this.#asked.set(session, asked);
    }
    const due = hashes.filter((hash) => now - (asked.get(hash) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_MS);
    if (due.length === 0) return;
    for (const hash of due) asked.set(hash, now);
    this.#ask(session, due);
  }

  #enter(waiting: Waiting): boolean {
    const { session } = waiting;
    if (session.ended || session.socket.destroyed) return false;
    const bytes = waiting.payload.length;
    if (session.heldBytes + bytes > this.#limit || this.#bytes + bytes > this.#totalLimit) {
      this.#overflow.inc();
      session.drop('held');
      return false;
    }
    session.heldBytes += bytes;
    this.#bytes += bytes;
    const all = this.#bySession.get(session);
    if (all) all.add(waiting);
    else this.#bySession.set(session, new Set([waiting]));
    return true;
  }

  #leave(waiting: Waiting): void {
    if (!this.#bySession.get(waiting.session)?.delete(waiting)) return;
    waiting.session.heldBytes -= waiting.payload.length;
    this.#bytes -= waiting.payload.length;
    for (const hash of this.#missing.get(waiting) ?? []) this.#unlist(hash, waiting);
    this.#missing.delete(waiting);
  }

  #unlist(hash: Hash, waiting: Waiting): void {
    const all = this.#byHash.get(hash);
    if (!all?.delete(waiting) || all.size > 0) return;
    this.#byHash.delete(hash);
  }
}
