import type { DataClass } from '../proto/class.ts';
import type { FrameHeader } from '../proto/frame.ts';
import type { Hash } from '../proto/hash.ts';
import type { Session } from './session.ts';
import type { Guest, WaitingRoom } from './waiting-room.ts';

/** A frame that is here but not acknowledged. */
export interface Waiting extends Guest {
  readonly class: DataClass;
  readonly header: FrameHeader & { definitions: Hash[] };
  readonly messageId: number | undefined;
  readonly received: number;
}

/** How often a definition that does not come is asked for again. */
const ASK_AGAIN_MS = 5000;

/** Frames that wait for definitions, and what is asked of whom. Times are of a clock that never steps. */
export class Held {
  readonly #room: WaitingRoom;
  readonly #retry: (waiting: Waiting) => void;
  readonly #ask: (session: Session, hashes: readonly Hash[]) => void;
  readonly #byHash = new Map<Hash, Set<Waiting>>();
  readonly #missing = new Map<Waiting, Set<Hash>>();
  readonly #asked = new Map<Session, Map<Hash, number>>();

  constructor(options: {
    room: WaitingRoom;
    retry: (waiting: Waiting) => void;
    ask: (session: Session, hashes: readonly Hash[]) => void;
  }) {
    this.#room = options.room;
    this.#retry = options.retry;
    this.#ask = options.ask;
  }

  /** Waits for definitions, and asks the collector for them. */
  hold(waiting: Waiting, missing: readonly Hash[], now: number): void {
    if (!this.#room.enter(waiting)) return;
    this.#missing.set(waiting, new Set(missing));
    for (const hash of missing) {
      const others = this.#byHash.get(hash);
      if (others) others.add(waiting);
      else this.#byHash.set(hash, new Set([waiting]));
    }
    this.#askFor(waiting.session, missing, now);
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

  /** Asks again for what does not come. */
  sweep(now: number): void {
    const bySession = new Map<Session, Set<Hash>>();
    for (const [waiting, missing] of this.#missing) {
      const all = bySession.get(waiting.session) ?? new Set();
      for (const hash of missing) all.add(hash);
      bySession.set(waiting.session, all);
    }
    for (const session of this.#asked.keys()) if (!bySession.has(session)) this.#asked.delete(session);
    for (const [session, hashes] of bySession) this.#askFor(session, [...hashes], now);
  }

  /** The connection is gone: what it had not acknowledged comes again. */
  forget(session: Session): void {
    for (const waiting of this.#of(session)) this.#leave(waiting);
    this.#asked.delete(session);
  }

  /** Asks at once for everything a connection waits for: it has just subscribed to where it is asked. */
  askAgain(session: Session, now: number): void {
    this.#asked.delete(session);
    const hashes = new Set<Hash>();
    for (const waiting of this.#of(session)) for (const hash of this.#missing.get(waiting)!) hashes.add(hash);
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

  #of(session: Session): Waiting[] {
    return this.#room.of(session).filter((guest): guest is Waiting => this.#missing.has(guest as Waiting));
  }

  #leave(waiting: Waiting): void {
    if (!this.#room.leave(waiting)) return;
    for (const hash of this.#missing.get(waiting) ?? []) this.#unlist(hash, waiting);
    this.#missing.delete(waiting);
  }

  #unlist(hash: Hash, waiting: Waiting): void {
    const all = this.#byHash.get(hash);
    if (!all?.delete(waiting) || all.size > 0) return;
    this.#byHash.delete(hash);
  }
}
